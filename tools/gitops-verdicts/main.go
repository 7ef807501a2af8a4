// What GitOps tools make of an object: Argo CD by the health script of deploy/argocd, run by the Lua machine that Argo CD has, and
// Flux by the library that it waits with. Objects come as a JSON list on stdin; verdicts go to stdout in the same order.
//
//	gitops-verdicts deploy/argocd/argocd-cm.yaml <objects.json
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Verdict is one tool's word and sentence.
type Verdict struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

type verdicts struct {
	Argo Verdict `json:"argo"`
	Flux Verdict `json:"flux"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("gitops-verdicts CONFIGMAP <OBJECTS")
	}
	scripts, err := scriptsOf(os.Args[1])
	if err != nil {
		return err
	}
	var objects []map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		return err
	}
	answers := make([]verdicts, 0, len(objects))
	for _, object := range objects {
		answer, err := judge(scripts, &unstructured.Unstructured{Object: object})
		if err != nil {
			return err
		}
		answers = append(answers, answer)
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func scriptsOf(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var configMap struct {
		Data map[string]string `json:"data"`
	}
	err = yaml.Unmarshal(text, &configMap)
	return configMap.Data, err
}

func judge(scripts map[string]string, object *unstructured.Unstructured) (verdicts, error) {
	kind := object.GroupVersionKind()
	script, ok := scripts["resource.customizations.health."+kind.Group+"_"+kind.Kind]
	if !ok {
		return verdicts{}, fmt.Errorf("no health script for %s", kind)
	}
	argo, err := argoHealth(script, object)
	if err != nil {
		return verdicts{}, fmt.Errorf("%s %s: %w", kind.Kind, object.GetName(), err)
	}
	flux, err := fluxStatus(object)
	return verdicts{Argo: argo, Flux: flux}, err
}
