package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// fault is a refusal in Azure's words. Its form: https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/find-error-code
type fault struct {
	status  int
	code    string
	message string
}

func (f *fault) Error() string { return f.code + ": " + f.message }

func refuse(status int, code, format string, values ...any) error {
	return &fault{status, code, fmt.Sprintf(format, values...)}
}

// writeFault answers with a fault; what the generated servers themselves refuse is a request that has not Azure's form.
func writeFault(answer http.ResponseWriter, err error) {
	var known *fault
	if !errors.As(err, &known) {
		known = &fault{http.StatusBadRequest, "InvalidRequestContent", err.Error()}
	}
	writeJSON(answer, known.status, map[string]any{
		"error": map[string]string{"code": known.code, "message": known.message},
	})
}

func writeJSON(answer http.ResponseWriter, status int, body any) {
	answer.Header().Set("Content-Type", "application/json; charset=utf-8")
	answer.WriteHeader(status)
	_ = json.NewEncoder(answer).Encode(body)
}
