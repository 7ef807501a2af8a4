package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// argoHealth runs a script as Argo CD does: the object is the global obj, and of the standard libraries there are only base and table
// (https://argo-cd.readthedocs.io/en/stable/operator-manual/health/, util/lua/lua.go), for a second at most. Before any script Argo CD
// calls an object that is being deleted Progressing (gitops-engine, pkg/health/health.go).
func argoHealth(script string, object *unstructured.Unstructured) (Verdict, error) {
	if object.GetDeletionTimestamp() != nil {
		return Verdict{Status: "Progressing", Message: "Pending deletion"}, nil
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		parameters := lua.P{Fn: state.NewFunction(open), NRet: 0, Protect: true}
		if err := state.CallByParam(parameters, lua.LString(name)); err != nil {
			return Verdict{}, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", luaValue(state, object.Object))
	if err := state.DoString(script); err != nil {
		return Verdict{}, err
	}
	return verdictOf(state.Get(-1))
}

// The statuses that Argo CD knows; it takes any other for Unknown.
var argoStatuses = map[string]bool{
	"Healthy": true, "Progressing": true, "Degraded": true, "Suspended": true, "Missing": true, "Unknown": true,
}

func verdictOf(value lua.LValue) (Verdict, error) {
	table, ok := value.(*lua.LTable)
	if !ok {
		return Verdict{}, fmt.Errorf("the script returned %s, not a table", value.Type())
	}
	status := lua.LVAsString(table.RawGetString("status"))
	if !argoStatuses[status] {
		return Verdict{}, fmt.Errorf("the script returned the status %q", status)
	}
	return Verdict{Status: status, Message: lua.LVAsString(table.RawGetString("message"))}, nil
}

// luaValue is the value of decoded JSON in Lua: lists begin at 1, null is nil.
func luaValue(state *lua.LState, value any) lua.LValue {
	switch typed := value.(type) {
	case string:
		return lua.LString(typed)
	case bool:
		return lua.LBool(typed)
	case float64:
		return lua.LNumber(typed)
	case json.Number:
		return lua.LString(typed)
	case []any:
		table := state.CreateTable(len(typed), 0)
		for _, item := range typed {
			table.Append(luaValue(state, item))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(typed))
		for key, item := range typed {
			table.RawSetString(key, luaValue(state, item))
		}
		return table
	}
	return lua.LNil
}
