package compute

import (
	"cmp"

	"dewpoint/internal/engine"
	"dewpoint/internal/keyboard"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// pasteVM has text typed into a running VM, by an operation: that takes a while for a long text. A text that the keyboard doesn't have is refused at once.
func pasteVM(secrets Sealer) engine.Action {
	return func(w *engine.Inside, r *schema.Record, params schema.Set) error {
		vm, err := runningVM(w, r)
		if err != nil {
			return err
		}
		var with compute.VMPasteConfig
		if vm.PasteKeyConfig != 0 {
			if with, err = store.GetRow[compute.VMPasteConfig](w.Tx, vm.PasteKeyConfig); err != nil {
				return err
			}
		}
		text, layout := params["text"].Text(), cmp.Or(with.Layout, keyboard.Default)
		if _, err := keyboard.Strokes(layout, text); err != nil {
			return err
		}
		return w.Begin(r, compute.Paste{
			VM: vm.Key, Machine: vm.Machine, Text: secrets.Seal(r, compute.SealedPaste, text), Layout: layout, Delay: cmp.Or(with.KeyDelay, compute.KeyDelay),
		})
	}
}
