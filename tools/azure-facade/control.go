package main

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
)

// control is the test's hand. PUT and DELETE of /control/accounts/{subscription}/{group}/{name},
// /control/groups/{subscription}/{group} and /control/principals/{tenant}/{object id}; GET of /control/assignments and
// /control/definitions, for whoever judges rights; PUT and DELETE of /control/trust-typed and /control/keep-orphans.
func (w *world) control(answer http.ResponseWriter, asked *http.Request) {
	w.lock.Lock()
	defer w.lock.Unlock()
	parts := strings.Split(strings.TrimPrefix(asked.URL.Path, "/control/"), "/")
	rest := parts[1:]
	isGone := asked.Method == http.MethodDelete
	switch {
	case parts[0] == "assignments":
		writeJSON(answer, http.StatusOK, w.assignments)
	case parts[0] == "definitions":
		writeJSON(answer, http.StatusOK, w.definitions)
	case parts[0] == "trust-typed":
		w.trustTyped = !isGone
	case parts[0] == "keep-orphans":
		w.keepOrphans = !isGone
	case parts[0] == "principals" && len(rest) == 2:
		w.principals[key(rest...)] = !isGone
	case parts[0] == "groups" && len(rest) == 2:
		w.setGroup(rest[0], rest[1], isGone)
	case parts[0] == "accounts" && len(rest) == 3 && isGone:
		w.forget(rest[0], rest[1], rest[2])
	case parts[0] == "accounts" && len(rest) == 3:
		w.setAccount(answer, asked, rest)
	default:
		http.NotFound(answer, asked)
	}
}

func (w *world) setGroup(subscription, group string, isGone bool) {
	w.groups[key(subscription, group)] = !isGone
	for at, one := range w.accounts {
		if isGone && strings.HasPrefix(at, key(subscription, group)+"/") {
			w.forget(subscription, group, *one.model.Name)
		}
	}
}

// setAccount makes an account, or changes what the model of one says and keeps what is in it.
func (w *world) setAccount(answer http.ResponseWriter, asked *http.Request, path []string) {
	model := &armstorage.Account{}
	if err := json.NewDecoder(asked.Body).Decode(model); err != nil {
		writeFault(answer, err)
		return
	}
	w.groups[key(path[0], path[1])] = true
	found := w.accounts[key(path...)]
	if found == nil {
		found = &account{containers: map[string]*armstorage.BlobContainer{}}
		found.model = model
		_ = found.setBlobService(nil)
		w.accounts[key(path...)] = found
	}
	found.model = model
}
