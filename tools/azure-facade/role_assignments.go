package main

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2/fake"
)

const assignmentType = "Microsoft.Authorization/roleAssignments"

func roleAssignmentsServer(w *world) fake.RoleAssignmentsServer {
	return fake.RoleAssignmentsServer{
		Get: func(ctx context.Context, scope, name string, _ *armauthorization.RoleAssignmentsClientGetOptions) (resp azfake.Responder[armauthorization.RoleAssignmentsClientGetResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			err := w.scopeExists(ctx, scope)
			found := w.assignments[assignmentKey(scope, name)]
			if err == nil && found == nil {
				err = refuse(404, "RoleAssignmentNotFound", "The role assignment '%s' is not found.", name)
			}
			if err != nil {
				errResp.SetError(err)
				return
			}
			resp.SetResponse(http.StatusOK, armauthorization.RoleAssignmentsClientGetResponse{RoleAssignment: *found}, nil)
			return
		},
		Create: func(ctx context.Context, scope, name string, asked armauthorization.RoleAssignmentCreateParameters, _ *armauthorization.RoleAssignmentsClientCreateOptions) (resp azfake.Responder[armauthorization.RoleAssignmentsClientCreateResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			made, err := w.assign(ctx, scope, name, asked.Properties)
			if err != nil {
				errResp.SetError(err)
				return
			}
			resp.SetResponse(http.StatusCreated, armauthorization.RoleAssignmentsClientCreateResponse{RoleAssignment: *made}, nil)
			return
		},
		// 200 with what was deleted, 204 when nothing was: https://learn.microsoft.com/en-us/rest/api/authorization/role-assignments/delete
		Delete: func(ctx context.Context, scope, name string, _ *armauthorization.RoleAssignmentsClientDeleteOptions) (resp azfake.Responder[armauthorization.RoleAssignmentsClientDeleteResponse], errResp azfake.ErrorResponder) {
			w.lock.Lock()
			defer w.lock.Unlock()
			if err := w.scopeExists(ctx, scope); err != nil {
				errResp.SetError(err)
				return
			}
			found := w.assignments[assignmentKey(scope, name)]
			if found == nil {
				resp.SetResponse(http.StatusNoContent, armauthorization.RoleAssignmentsClientDeleteResponse{}, nil)
				return
			}
			delete(w.assignments, assignmentKey(scope, name))
			resp.SetResponse(http.StatusOK, armauthorization.RoleAssignmentsClientDeleteResponse{RoleAssignment: *found}, nil)
			return
		},
		NewListForScopePager: func(scope string, options *armauthorization.RoleAssignmentsClientListForScopeOptions) (resp azfake.PagerResponder[armauthorization.RoleAssignmentsClientListForScopeResponse]) {
			w.lock.Lock()
			defer w.lock.Unlock()
			filter := ""
			if options != nil && options.Filter != nil {
				filter = *options.Filter
			}
			found, err := w.list(scope, filter)
			if err != nil {
				resp.AddError(err)
				return
			}
			resp.AddPage(http.StatusOK, armauthorization.RoleAssignmentsClientListForScopeResponse{
				RoleAssignmentListResult: armauthorization.RoleAssignmentListResult{Value: found},
			}, nil)
			return
		},
	}
}

func withSlash(scope string) string { return "/" + strings.Trim(scope, "/") }

func assignmentKey(scope, name string) string {
	return key(withSlash(scope), "providers", assignmentType, name)
}

var accountScope = regexp.MustCompile(`(?i)^/subscriptions/([^/]+)/resourceGroups/([^/]+)(?:/providers/Microsoft\.Storage/storageAccounts/([^/]+))?`)

// scopeExists looks for the group and the storage account of a scope, not for the container: Resource Manager does not
// know containers by itself, and assignments outlive them (https://github.com/Azure/azure-powershell/issues/25375).
// NOT CONFIRMED are the words for a group or account that is missing: those for the resource itself are taken.
func (w *world) scopeExists(_ context.Context, scope string) error {
	parts := accountScope.FindStringSubmatch(withSlash(scope))
	if parts == nil || w.keepOrphans {
		return nil
	}
	if !w.groups[key(parts[1], parts[2])] {
		return refuse(404, "ResourceGroupNotFound", "Resource group '%s' could not be found.", parts[2])
	}
	if parts[3] != "" && w.accounts[key(parts[1], parts[2], parts[3])] == nil {
		return notFound(parts[2], parts[3])
	}
	return nil
}

// assign makes an assignment. The same again is refused even under its own name
// (https://github.com/Azure/azure-cli/pull/8599), and so is the same under another one, with the id of the first
// without dashes (https://github.com/hashicorp/terraform-provider-azurerm/pull/30558). Only a condition can be edited, under the
// assignment's own name (https://learn.microsoft.com/azure/role-based-access-control/conditions-role-assignments-rest).
func (w *world) assign(ctx context.Context, scope, name string, asked *armauthorization.RoleAssignmentProperties) (*armauthorization.RoleAssignment, error) {
	if err := w.scopeExists(ctx, scope); err != nil {
		return nil, err
	}
	if !guid.MatchString(name) {
		return nil, refuse(400, "InvalidRoleAssignmentId", "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID.", name)
	}
	if asked == nil || asked.RoleDefinitionID == nil || asked.PrincipalID == nil {
		return nil, refuse(400, "BadRequestFormat", "The request was incorrectly formatted.")
	}
	if _, err := w.definition(*asked.RoleDefinitionID); err != nil {
		return nil, err
	}
	if err := w.checkPrincipal(callerOf(ctx).tenant, asked); err != nil {
		return nil, err
	}
	for _, other := range w.assignments {
		if sameTriple(other.Properties, scope, asked) {
			if strings.EqualFold(*other.Name, name) && textOf(other.Properties.Condition) != textOf(asked.Condition) {
				other.Properties.Condition, other.Properties.ConditionVersion = asked.Condition, asked.ConditionVersion
				return other, nil
			}
			return nil, refuse(409, "RoleAssignmentExists",
				"The role assignment already exists. The ID of the existing role assignment is %s.", strings.ReplaceAll(*other.Name, "-", ""))
		}
	}
	// https://learn.microsoft.com/en-us/azure/role-based-access-control/troubleshooting#symptom---unable-to-update-a-role-assignment
	if w.assignments[assignmentKey(scope, name)] != nil {
		return nil, refuse(400, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
	}
	made := newAssignment(callerOf(ctx), scope, name, *asked)
	w.assignments[assignmentKey(scope, name)] = made
	return made, nil
}

// textOf is the text, or none.
func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

var guid = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func newAssignment(by caller, scope, name string, given armauthorization.RoleAssignmentProperties) *armauthorization.RoleAssignment {
	id := *given.RoleDefinitionID
	given.RoleDefinitionID = to.Ptr(definitionID(by.subscription, strings.ToLower(id[strings.LastIndex(id, "/")+1:])))
	given.Scope = to.Ptr(withSlash(scope))
	given.CreatedOn, given.UpdatedOn = to.Ptr(time.Now().UTC()), to.Ptr(time.Now().UTC())
	given.CreatedBy, given.UpdatedBy = to.Ptr(by.principal), to.Ptr(by.principal)
	if given.PrincipalType == nil {
		given.PrincipalType = to.Ptr(armauthorization.PrincipalTypeServicePrincipal)
	}
	return &armauthorization.RoleAssignment{
		ID:         to.Ptr(withSlash(scope) + "/providers/" + assignmentType + "/" + name),
		Name:       to.Ptr(name),
		Type:       to.Ptr(assignmentType),
		Properties: &given,
	}
}

// checkPrincipal refuses who is not known yet. Microsoft says that a given principalType spares the look-up
// (https://aka.ms/docs-principaltype); that it fails nevertheless is told, too
// (https://github.com/MicrosoftDocs/azure-docs/issues/103085), so it does here unless a test says otherwise.
func (w *world) checkPrincipal(tenant string, asked *armauthorization.RoleAssignmentProperties) error {
	if w.principals[key(tenant, *asked.PrincipalID)] || (w.trustTyped && asked.PrincipalType != nil) {
		return nil
	}
	return refuse(400, "PrincipalNotFound",
		"Principal %s does not exist in the directory %s. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
		strings.ReplaceAll(*asked.PrincipalID, "-", ""), tenant)
}

func sameTriple(other *armauthorization.RoleAssignmentProperties, scope string, asked *armauthorization.RoleAssignmentProperties) bool {
	last := func(id string) string { return strings.ToLower(id[strings.LastIndex(id, "/")+1:]) }
	return strings.EqualFold(*other.Scope, withSlash(scope)) &&
		strings.EqualFold(*other.PrincipalID, *asked.PrincipalID) &&
		last(*other.RoleDefinitionID) == last(*asked.RoleDefinitionID)
}

// list gives what applies to a scope: at and above it with atScope(), and below it, too, without.
// https://learn.microsoft.com/en-us/rest/api/authorization/role-assignments/list-for-scope
// https://learn.microsoft.com/en-us/azure/role-based-access-control/role-assignments-list-rest
func (w *world) list(scope, filter string) ([]*armauthorization.RoleAssignment, error) {
	if err := w.scopeExists(context.Background(), scope); err != nil {
		return nil, err
	}
	principal, atScope, err := readFilter(filter)
	if err != nil {
		return nil, err
	}
	found := []*armauthorization.RoleAssignment{}
	for _, one := range w.assignments {
		above := within(scope, *one.Properties.Scope)
		below := within(*one.Properties.Scope, scope)
		isAsked := principal == "" || strings.EqualFold(principal, *one.Properties.PrincipalID)
		if isAsked && (above || (below && !atScope)) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b *armauthorization.RoleAssignment) int { return strings.Compare(*a.ID, *b.ID) })
	return found, nil
}

func within(inner, outer string) bool {
	return strings.HasPrefix(key(withSlash(inner))+"/", strings.TrimSuffix(key(withSlash(outer)), "/")+"/")
}

var byPrincipal = regexp.MustCompile(`^(?:principalId eq '([^']*)'|assignedTo\('([^']*)'\))$`)

func readFilter(filter string) (principal string, atScope bool, err error) {
	if filter == "" {
		return
	}
	for _, part := range strings.Split(filter, " and ") {
		match := byPrincipal.FindStringSubmatch(strings.TrimSpace(part))
		switch {
		case strings.TrimSpace(part) == "atScope()":
			atScope = true
		case match != nil:
			principal = match[1] + match[2]
		default:
			return "", false, refuse(400, "UnsupportedFilter", "The filter '%s' is not supported.", filter)
		}
	}
	return
}
