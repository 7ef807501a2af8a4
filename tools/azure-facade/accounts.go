package main

import (
	"context"
	"net/http"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2/fake"
)

func accountsServer(w *world) fake.AccountsServer {
	return fake.AccountsServer{
		GetProperties: func(ctx context.Context, group, name string, _ *armstorage.AccountsClientGetPropertiesOptions) (resp azfake.Responder[armstorage.AccountsClientGetPropertiesResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			found, err := w.account(ctx, group, name)
			if err != nil {
				errResp.SetError(err)
				return
			}
			resp.SetResponse(http.StatusOK, armstorage.AccountsClientGetPropertiesResponse{Account: *found.model}, nil)
			return
		},
		// 200 when it was there, 204 when not: https://learn.microsoft.com/en-us/rest/api/storagerp/storage-accounts/delete
		Delete: func(ctx context.Context, group, name string, _ *armstorage.AccountsClientDeleteOptions) (resp azfake.Responder[armstorage.AccountsClientDeleteResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			subscription := callerOf(ctx).subscription
			status := http.StatusNoContent
			if w.accounts[key(subscription, group, name)] != nil {
				status = http.StatusOK
			}
			w.forget(subscription, group, name)
			resp.SetResponse(status, armstorage.AccountsClientDeleteResponse{}, nil)
			return
		},
	}
}
