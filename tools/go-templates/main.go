// Renders the templates of a vector file with Go's own text/template and Sprig, and writes what they give into it:
//
//	cd tools/go-templates && go run . ../../test/vectors/transform/go-templates.json
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

type vectorCase struct {
	Template string  `json:"template"`
	Output   *string `json:"output,omitempty"`
	Error    *string `json:"error,omitempty"`
}

type vectorFile struct {
	Source string         `json:"source"`
	Data   map[string]any `json:"data"`
	Cases  []vectorCase   `json:"cases"`
}

func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	all["toYaml"] = func(value any) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	all["toToml"] = func(value any) string {
		var text bytes.Buffer
		if err := toml.NewEncoder(&text).Encode(value); err != nil {
			return err.Error()
		}
		return text.String()
	}
	all["fromYaml"] = func(text string) map[string]any {
		value := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			value["Error"] = err.Error()
		}
		return value
	}
	all["fromYamlArray"] = func(text string) []any {
		value := []any{}
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			value = []any{err.Error()}
		}
		return value
	}
	all["fromJson"] = func(text string) map[string]any {
		value := map[string]any{}
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			value["Error"] = err.Error()
		}
		return value
	}
	all["fromJsonArray"] = func(text string) []any {
		value := []any{}
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			value = []any{err.Error()}
		}
		return value
	}
	return all
}

func render(text string, data map[string]any) (string, error) {
	parsed, err := template.New("t").Option("missingkey=error").Funcs(functions()).Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, data)
	return out.String(), err
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	path := os.Args[1]
	text, err := os.ReadFile(path)
	must(err)
	var file vectorFile
	must(json.Unmarshal(text, &file))
	for index := range file.Cases {
		one := &file.Cases[index]
		var again map[string]any
		copied, err := json.Marshal(file.Data)
		must(err)
		must(json.Unmarshal(copied, &again))
		one.Output, one.Error = nil, nil
		output, err := render(one.Template, again)
		if err == nil {
			one.Output = &output
		} else {
			message := err.Error()
			one.Error = &message
		}
	}
	var made bytes.Buffer
	encoder := json.NewEncoder(&made)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	must(encoder.Encode(file))
	must(os.WriteFile(path, made.Bytes(), 0o644))
}
