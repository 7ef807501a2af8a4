package main

import (
	"context"
	"net/http"
	"strings"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2/fake"
)

const containers = "Microsoft.Storage/storageAccounts/blobServices/containers"
const delegate = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"

// The roles of https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles/storage, and two of
// https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles/general
var known = []struct {
	id, name             string
	actions, dataActions []string
}{
	{"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader",
		[]string{containers + "/read", delegate}, []string{containers + "/blobs/read"}},
	{"ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor",
		[]string{containers + "/delete", containers + "/read", containers + "/write", delegate},
		[]string{containers + "/blobs/delete", containers + "/blobs/read", containers + "/blobs/write", containers + "/blobs/move/action", containers + "/blobs/add/action"}},
	{"b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Storage Blob Data Owner",
		[]string{containers + "/*", delegate}, []string{containers + "/blobs/*"}},
	{"db58b8e5-c6ad-4a2a-8342-4190687cbf4a", "Storage Blob Delegator", []string{delegate}, nil},
	{"acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", []string{"*/read"}, nil},
	{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", []string{"*"}, nil},
}

func builtInRoles() map[string]*armauthorization.RoleDefinition {
	roles := map[string]*armauthorization.RoleDefinition{}
	for _, role := range known {
		roles[role.id] = &armauthorization.RoleDefinition{
			Name: to.Ptr(role.id),
			Type: to.Ptr("Microsoft.Authorization/roleDefinitions"),
			Properties: &armauthorization.RoleDefinitionProperties{
				RoleName:         to.Ptr(role.name),
				RoleType:         to.Ptr("BuiltInRole"),
				AssignableScopes: to.SliceOfPtrs("/"),
				Permissions: []*armauthorization.Permission{{
					Actions: to.SliceOfPtrs(role.actions...), NotActions: []*string{},
					DataActions: to.SliceOfPtrs(role.dataActions...), NotDataActions: []*string{},
				}},
			},
		}
	}
	return roles
}

func roleDefinitionsServer(w *world) fake.RoleDefinitionsServer {
	return fake.RoleDefinitionsServer{
		Get: func(ctx context.Context, _, id string, _ *armauthorization.RoleDefinitionsClientGetOptions) (resp azfake.Responder[armauthorization.RoleDefinitionsClientGetResponse], errResp azfake.ErrorResponder) {
			found, err := w.definition(id)
			if err != nil {
				errResp.SetError(err)
				return
			}
			shown := *found
			shown.ID = to.Ptr(definitionID(callerOf(ctx).subscription, id))
			resp.SetResponse(http.StatusOK, armauthorization.RoleDefinitionsClientGetResponse{RoleDefinition: shown}, nil)
			return
		},
	}
}

func definitionID(subscription, id string) string {
	if subscription == "" {
		return "/providers/Microsoft.Authorization/roleDefinitions/" + id
	}
	return "/subscriptions/" + subscription + "/providers/Microsoft.Authorization/roleDefinitions/" + id
}

// definition takes a whole id or its last part. The answer for an unknown one is known of GET
// (https://github.com/Azure/terraform-azurerm-caf-enterprise-scale/issues/37); NOT CONFIRMED for a role assignment.
func (w *world) definition(id string) (*armauthorization.RoleDefinition, error) {
	last := strings.ToLower(id[strings.LastIndex(id, "/")+1:])
	found, ok := w.definitions[last]
	if !ok {
		return nil, refuse(404, "RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.", strings.ReplaceAll(last, "-", ""))
	}
	return found, nil
}
