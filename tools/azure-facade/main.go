// Azure Resource Manager for tests: Microsoft's generated fake servers over http, with the rules that Azure adds to the
// shapes. It knows neither tokens nor rights: the rig in front of it (test/rig/azure-facade.ts) does, and says in
// X-Operation which operation a request is. The models are those of Microsoft's SDK for Go:
// https://pkg.go.dev/github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2/fake
// https://pkg.go.dev/github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2/fake
package main

import (
	"context"
	"flag"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	authorization "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2/fake"
	storage "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2/fake"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on")
	certificates := flag.String("certificates", "", "folder to write ca.pem, cert.pem and key.pem to, instead of serving")
	flag.Parse()
	if *certificates != "" {
		if err := writeCertificates(*certificates); err != nil {
			log.Fatal(err)
		}
		return
	}
	log.Fatal(http.ListenAndServe(*listen, newFacade()))
}

type transport interface {
	Do(*http.Request) (*http.Response, error)
}

type facade struct {
	world         *world
	storage       transport
	authorization transport
}

func newFacade() *facade {
	w := newWorld()
	return &facade{
		world: w,
		storage: storage.NewServerFactoryTransport(&storage.ServerFactory{
			AccountsServer:       accountsServer(w),
			BlobServicesServer:   blobServicesServer(w),
			BlobContainersServer: blobContainersServer(w),
		}),
		authorization: authorization.NewServerFactoryTransport(&authorization.ServerFactory{
			RoleAssignmentsServer: roleAssignmentsServer(w),
			RoleDefinitionsServer: roleDefinitionsServer(w),
		}),
	}
}

func (f *facade) ServeHTTP(answer http.ResponseWriter, asked *http.Request) {
	if strings.HasPrefix(asked.URL.Path, "/control/") {
		f.world.control(answer, asked)
		return
	}
	operation := asked.Header.Get("X-Operation")
	server := f.storage
	if strings.HasPrefix(operation, "Role") {
		server = f.authorization
	}
	ctx := context.WithValue(asked.Context(), runtime.CtxAPINameKey{}, operation)
	ctx = context.WithValue(ctx, callerKey{}, caller{
		tenant:       asked.Header.Get("X-Tenant"),
		principal:    asked.Header.Get("X-Principal"),
		subscription: subscriptionOf(asked.URL.Path),
	})
	given, err := server.Do(asked.WithContext(ctx))
	if err != nil {
		writeFault(answer, err)
		return
	}
	passOn(answer, given)
}

func passOn(answer http.ResponseWriter, given *http.Response) {
	defer given.Body.Close()
	for name, values := range given.Header {
		answer.Header()[name] = values
	}
	answer.WriteHeader(given.StatusCode)
	_, _ = io.Copy(answer, given.Body)
}
