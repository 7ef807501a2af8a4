package main

import (
	"context"
	"net/http"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2/fake"
)

func blobContainersServer(w *world) fake.BlobContainersServer {
	return fake.BlobContainersServer{
		// 404 ContainerNotFound: https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-error-codes
		Get: func(ctx context.Context, group, name, container string, _ *armstorage.BlobContainersClientGetOptions) (resp azfake.Responder[armstorage.BlobContainersClientGetResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			found, err := w.account(ctx, group, name)
			if err == nil && found.containers[key(container)] == nil {
				err = refuse(404, "ContainerNotFound", "The specified container does not exist.")
			}
			if err != nil {
				errResp.SetError(err)
				return
			}
			resp.SetResponse(http.StatusOK, armstorage.BlobContainersClientGetResponse{BlobContainer: *found.containers[key(container)]}, nil)
			return
		},
		// 201, and 200 when it was there: https://learn.microsoft.com/en-us/rest/api/storagerp/blob-containers/create
		Create: func(ctx context.Context, group, name, container string, asked armstorage.BlobContainer, _ *armstorage.BlobContainersClientCreateOptions) (resp azfake.Responder[armstorage.BlobContainersClientCreateResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			found, err := w.account(ctx, group, name)
			if err != nil {
				errResp.SetError(err)
				return
			}
			status := http.StatusOK
			if found.containers[key(container)] == nil {
				status = http.StatusCreated
				found.containers[key(container)] = newContainer(found, container, asked)
			}
			resp.SetResponse(status, armstorage.BlobContainersClientCreateResponse{BlobContainer: *found.containers[key(container)]}, nil)
			return
		},
		Delete: func(ctx context.Context, group, name, container string, _ *armstorage.BlobContainersClientDeleteOptions) (resp azfake.Responder[armstorage.BlobContainersClientDeleteResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			found, err := w.account(ctx, group, name)
			if err != nil {
				errResp.SetError(err)
				return
			}
			status := http.StatusNoContent
			if found.containers[key(container)] != nil {
				status = http.StatusOK
			}
			delete(found.containers, key(container))
			resp.SetResponse(status, armstorage.BlobContainersClientDeleteResponse{}, nil)
			return
		},
	}
}

func newContainer(in *account, name string, asked armstorage.BlobContainer) *armstorage.BlobContainer {
	asked.ID = to.Ptr(*in.model.ID + "/blobServices/default/containers/" + name)
	asked.Name = to.Ptr(name)
	asked.Type = to.Ptr("Microsoft.Storage/storageAccounts/blobServices/containers")
	if asked.ContainerProperties == nil {
		asked.ContainerProperties = &armstorage.ContainerProperties{}
	}
	if asked.ContainerProperties.PublicAccess == nil {
		asked.ContainerProperties.PublicAccess = to.Ptr(armstorage.PublicAccessNone)
	}
	return &asked
}
