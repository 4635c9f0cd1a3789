package compute

import (
	"encoding/json"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
)

const tpmType = "tpm"

// tpm is the VM's TPM, nil when it has none.
func (v *vmRow) tpm() *deviceRow {
	for i := range v.Machine.Devices {
		if d := &v.Machine.Devices[i]; d.Type == tpmType {
			return d
		}
	}
	return nil
}

// tpmChanges is what makes the VM have a TPM or none, as the body wants it.
func (b *ComputeInput) tpmChanges(v *vmRow) (c partChanges) {
	has := v.tpm()
	switch {
	case b.TPM == nil || *b.TPM == (has != nil):
	case *b.TPM:
		c.add = append(c.add, schema.Input{"type": engine.Text(tpmType)})
	default:
		c.remove = append(c.remove, shape.Key(has.Key))
	}
	return c
}

// addTPM makes a new VM's TPM.
func addTPM(w *engine.Write, machine string, wanted *bool) error {
	if wanted == nil || !*wanted {
		return nil
	}
	_, err := w.Create("machine_devices", schema.Input{"machine": json.RawMessage(machine), "type": engine.Text(tpmType)})
	return err
}
