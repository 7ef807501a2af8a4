package main

import (
	"encoding/json"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// fluxStatus is what Flux's kustomize-controller waits for, and with the same library kubectl's and kpt's appliers.
func fluxStatus(object *unstructured.Unstructured) (Verdict, error) {
	// The library wants whole numbers as int64, as the API machinery decodes them.
	text, err := json.Marshal(object)
	if err != nil {
		return Verdict{}, err
	}
	exact := &unstructured.Unstructured{}
	if err := exact.UnmarshalJSON(text); err != nil {
		return Verdict{}, err
	}
	result, err := status.Compute(exact)
	if err != nil {
		return Verdict{}, err
	}
	return Verdict{Status: result.Status.String(), Message: result.Message}, nil
}
