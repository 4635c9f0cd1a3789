package compute

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// machineDeviceSettingsTPM declares what a TPM is like; its key is the device's.
func machineDeviceSettingsTPM() *schema.Table {
	return &schema.Table{
		Name: "machine_device_settings_tpm", Title: "TPM settings", LogType: "vm", NoCreate: true, Parent: "machine_device", Wakes: []string{"vm"}, Check: checkTPM,
		Doc: "What a TPM is like. The row has the device's key; devices of other types don't use theirs.",
		Fields: schema.Fields{
			schema.Row("machine_device", "machine_devices").ReadOnly().Summary(),
			schema.Enum("model", "tpm-crb", "tpm-tis").Default("tpm-crb").Summary().AtStart().Doc("the interface to the guest; tpm-tis is the older one"),
			schema.Enum("version", "2.0", "1.2").Default("2.0").Summary().AtStart(),
			schema.Modified("modified"),
		},
	}
}

func checkTPM(r *schema.Record) error {
	if r.Get("version").Text() == "1.2" && r.Get("model").Text() != "tpm-tis" {
		return errs.Field("model", "a TPM 1.2 has the model tpm-tis")
	}
	return nil
}
