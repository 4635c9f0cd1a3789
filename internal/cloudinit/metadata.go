package cloudinit

import (
	"encoding/json"
	"fmt"

	"dewpoint/internal/errs"
)

// noCloudMeta completes what NoCloud requires. A clone has a UUID of its own, so cloud-init takes it for a new instance.
func noCloudMeta(vm VM, given map[string]any) map[string]any {
	given["instance-id"] = either(given, vm.UUID, "instance-id", "uuid")
	given["local-hostname"] = either(given, Hostname(vm), "local-hostname", "hostname")
	return given
}

// openStackMeta completes what a config drive requires, by the names that it has for the same.
func openStackMeta(vm VM, given map[string]any) map[string]any {
	given["uuid"] = either(given, vm.UUID, "uuid", "instance-id")
	given["hostname"] = either(given, Hostname(vm), "hostname", "local-hostname")
	given["name"] = either(given, vm.Name, "name")
	delete(given, "instance-id")
	delete(given, "local-hostname")
	return given
}

func either(given map[string]any, otherwise string, names ...string) string {
	for _, name := range names {
		if v := given[name]; v != nil && v != "" {
			return fmt.Sprint(v)
		}
	}
	return otherwise
}

// object writes a mapping as JSON, which every reader of YAML reads, too.
func object(values map[string]any) ([]byte, error) {
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return nil, errs.New(errs.Invalid, "invalid_contents", "holds values that JSON can't have; use texts as keys")
	}
	return append(text, '\n'), nil
}

// netplan is a network configuration of version 1 or 2 as NoCloud reads it. Many write it below the word network, as netplan's files have it.
func netplan(text []byte) ([]byte, error) {
	given, err := mapping(text)
	if err != nil {
		return nil, err
	}
	inner, nested := given["network"].(map[string]any)
	if nested && len(given) == 1 {
		given = inner
	}
	if v := fmt.Sprint(given["version"]); v != "1" && v != "2" {
		return nil, errs.New(errs.Invalid, "invalid_contents", "has no version 1 or 2, which the source nocloud needs; see cloud-init's networking config version 2")
	}
	if nested {
		return object(given)
	}
	return text, nil
}

// openStackNetwork is a config drive's network_data.json. cloud-init reads no other form there.
func openStackNetwork(text []byte) ([]byte, error) {
	given, err := mapping(text)
	if err != nil {
		return nil, err
	}
	if _, ok := given["links"].([]any); !ok {
		return nil, errs.New(errs.Invalid, "invalid_contents", "is no network_data.json with links, networks and services, which is all that cloud-init reads on a config drive; "+
			"set cloudinit_datasource to nocloud for a network config of version 1 or 2")
	}
	return object(given)
}

// openStackVendor puts a text where cloud-init looks for it in a config drive's vendor_data.json, which must be JSON.
func openStackVendor(text []byte) ([]byte, error) {
	var given map[string]any
	if json.Unmarshal(text, &given) == nil {
		return text, nil
	}
	return object(map[string]any{"cloud-init": string(text)})
}
