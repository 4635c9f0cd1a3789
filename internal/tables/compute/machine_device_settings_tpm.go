package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/schema"
)

// tpmHooks tell the VM of a changed TPM what waits for its next start.
var tpmHooks = engine.Hooks{Changed: func(w *engine.Inside, _, now *schema.Record) error {
	if now == nil {
		return nil
	}
	device, err := w.Tx.Get("machine_devices", now.Key)
	if err != nil {
		return err
	}
	return devicePart.changed(w, device, device)
}}
