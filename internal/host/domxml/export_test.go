package domxml

import "fmt"

// Marshal builds the domain and returns its XML text.
func Marshal(vm *VM, host *Host) (string, error) {
	domain, err := Build(vm, host)
	if err != nil {
		return "", err
	}
	text, err := domain.Marshal()
	if err != nil {
		return "", fmt.Errorf("domain XML of machine %d: %w", vm.MachineKey, err)
	}
	return text, nil
}
