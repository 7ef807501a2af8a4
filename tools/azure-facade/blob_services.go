package main

import (
	"context"
	"net/http"
	"slices"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2/fake"
)

// The resource has no etag in any version of the API: what is read may be old when it is written.
// https://learn.microsoft.com/en-us/rest/api/storagerp/blob-services/set-service-properties
func blobServicesServer(w *world) fake.BlobServicesServer {
	return fake.BlobServicesServer{
		GetServiceProperties: func(ctx context.Context, group, name string, _ *armstorage.BlobServicesClientGetServicePropertiesOptions) (resp azfake.Responder[armstorage.BlobServicesClientGetServicePropertiesResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			found, err := w.account(ctx, group, name)
			if err != nil {
				errResp.SetError(err)
				return
			}
			resp.SetResponse(http.StatusOK, armstorage.BlobServicesClientGetServicePropertiesResponse{BlobServiceProperties: found.blobService()}, nil)
			return
		},
		SetServiceProperties: func(ctx context.Context, group, name string, asked armstorage.BlobServiceProperties, _ *armstorage.BlobServicesClientSetServicePropertiesOptions) (resp azfake.Responder[armstorage.BlobServicesClientSetServicePropertiesResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			found, err := w.account(ctx, group, name)
			if err == nil {
				err = found.setBlobService(asked.BlobServiceProperties)
			}
			if err != nil {
				errResp.SetError(err)
				return
			}
			resp.SetResponse(http.StatusOK, armstorage.BlobServicesClientSetServicePropertiesResponse{BlobServiceProperties: found.blobService()}, nil)
			return
		},
	}
}

func (a *account) blobService() armstorage.BlobServiceProperties {
	return armstorage.BlobServiceProperties{
		ID:                    to.Ptr(*a.model.ID + "/blobServices/default"),
		Name:                  to.Ptr("default"),
		Type:                  to.Ptr("Microsoft.Storage/storageAccounts/blobServices"),
		SKU:                   a.model.SKU,
		BlobServiceProperties: a.services,
	}
}

// setBlobService takes what is given as the whole: what it does not mention is gone. Microsoft says it of the CORS
// rules ("If no CorsRule elements are included in the request body, all CORS rules will be deleted"). Of the other
// settings it says nothing, and NOT CONFIRMED is whether Azure would keep them; a test must not count on it.
func (a *account) setBlobService(asked *armstorage.BlobServicePropertiesProperties) error {
	if asked == nil {
		asked = &armstorage.BlobServicePropertiesProperties{}
	}
	if asked.Cors == nil {
		asked.Cors = &armstorage.CorsRules{}
	}
	if asked.Cors.CorsRules == nil {
		asked.Cors.CorsRules = []*armstorage.CorsRule{}
	}
	if err := checkCors(asked.Cors.CorsRules); err != nil {
		return err
	}
	if asked.DeleteRetentionPolicy == nil {
		asked.DeleteRetentionPolicy = &armstorage.DeleteRetentionPolicy{Enabled: to.Ptr(false)}
	}
	a.services = asked
	return nil
}

// checkCors refuses more than five rules and rules that lack something.
// https://learn.microsoft.com/en-us/rest/api/storageservices/set-blob-service-properties#remarks
// Blob storage itself answers 400 InvalidXmlDocument (https://github.com/Azure/Azurite/issues/345); the code and the
// words of Resource Manager are NOT CONFIRMED.
func checkCors(rules []*armstorage.CorsRule) error {
	if len(rules) > 5 {
		return refuse(400, "InvalidRequestPropertyValue", "The value '%d' of the property 'corsRules' is invalid. No more than 5 CORS rules can be specified.", len(rules))
	}
	for _, rule := range rules {
		if len(rule.AllowedOrigins) == 0 || len(rule.AllowedMethods) == 0 || rule.MaxAgeInSeconds == nil || rule.AllowedHeaders == nil || rule.ExposedHeaders == nil {
			return refuse(400, "InvalidRequestPropertyValue", "A CORS rule needs allowedOrigins, allowedMethods, maxAgeInSeconds, exposedHeaders and allowedHeaders.")
		}
		for _, method := range rule.AllowedMethods {
			if !slices.Contains(corsMethods, *method) {
				return refuse(400, "InvalidRequestPropertyValue", "The value '%s' is not a valid allowed method of a CORS rule.", *method)
			}
		}
	}
	return nil
}

// Those of https://learn.microsoft.com/en-us/rest/api/storagerp/blob-services/set-service-properties#allowedmethods
var corsMethods = armstorage.PossibleCorsRuleAllowedMethodsItemValues()
