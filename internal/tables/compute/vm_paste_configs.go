package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/keyboard"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

var pasteConfigHooks = engine.Hooks{Prepare: seedPasteConfigs}

// seedPasteConfigs makes one for each layout, as long as the system has never had any.
func seedPasteConfigs(tx *store.Tx) error {
	numbers, err := tx.Numbers()
	if err != nil || numbers["vm_paste_configs"] > 0 {
		return err
	}
	for _, layout := range keyboard.Layouts() {
		if _, err := store.Create(tx, compute.VMPasteConfigSet{}.Name(layout).Layout(layout).KeyDelay(compute.KeyDelay)); err != nil {
			return err
		}
	}
	return nil
}
