package main

import (
	"context"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
)

// world is all that exists. Names and ids are kept in lower case, since Azure compares them so:
// https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/resource-name-rules
type world struct {
	lock        sync.Mutex
	groups      map[string]bool // subscription/group
	accounts    map[string]*account
	principals  map[string]bool // tenant/object id: those that Resource Manager has heard of
	assignments map[string]*armauthorization.RoleAssignment
	definitions map[string]*armauthorization.RoleDefinition
	// trustTyped: a principal whose type is given is not looked up.
	trustTyped bool
	// keepOrphans: role assignments outlive their scope, and no scope is looked up.
	keepOrphans bool
}

type account struct {
	model      *armstorage.Account
	services   *armstorage.BlobServicePropertiesProperties
	containers map[string]*armstorage.BlobContainer
}

type callerKey struct{}

// caller is who asks, and where.
type caller struct {
	tenant       string
	principal    string
	subscription string
}

func newWorld() *world {
	return &world{
		groups:      map[string]bool{},
		accounts:    map[string]*account{},
		principals:  map[string]bool{},
		assignments: map[string]*armauthorization.RoleAssignment{},
		definitions: builtInRoles(),
	}
}

func callerOf(ctx context.Context) caller {
	return ctx.Value(callerKey{}).(caller)
}

func subscriptionOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) > 1 && strings.EqualFold(parts[0], "subscriptions") {
		return parts[1]
	}
	return ""
}

func key(parts ...string) string {
	return strings.ToLower(strings.Join(parts, "/"))
}

// account finds a storage account, or says which of group and account is not there.
// Words: https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/error-not-found
func (w *world) account(ctx context.Context, group, name string) (*account, error) {
	subscription := callerOf(ctx).subscription
	if !w.groups[key(subscription, group)] {
		return nil, refuse(404, "ResourceGroupNotFound", "Resource group '%s' could not be found.", group)
	}
	found, ok := w.accounts[key(subscription, group, name)]
	if !ok {
		return nil, notFound(group, name)
	}
	return found, nil
}

func notFound(group, account string) error {
	return refuse(404, "ResourceNotFound",
		"The Resource 'Microsoft.Storage/storageAccounts/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
		account, group)
}

// forget takes an account away. NOT CONFIRMED is whether its role assignments go, too; that some stay is told in
// https://github.com/Azure/azure-powershell/issues/25004, and a test may choose.
func (w *world) forget(subscription, group, name string) {
	delete(w.accounts, key(subscription, group, name))
	if w.keepOrphans {
		return
	}
	id := key("/subscriptions", subscription, "resourcegroups", group, "providers/microsoft.storage/storageaccounts", name) + "/"
	for at := range w.assignments {
		if strings.HasPrefix(at, id) {
			delete(w.assignments, at)
		}
	}
}
