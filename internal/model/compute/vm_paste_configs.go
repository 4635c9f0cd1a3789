package compute

import (
	"dewpoint/internal/keyboard"
	"dewpoint/internal/schema"
)

// vmPasteConfigs declares the keyboards by which text is typed into guests.
func vmPasteConfigs() *schema.Table {
	return &schema.Table{
		Name: "vm_paste_configs", Title: "Paste configuration",
		Doc: "How the action paste types text into a VM: the layout must be that of the guest's keyboard, since the guest is sent keys, not letters. " +
			"A VM without one has the layout " + keyboard.Default + ".",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Len(1, 128).Summary(),
			schema.LongText("description").Len(0, 2048),
			schema.Enum("layout", keyboard.Layouts()...).Default(keyboard.Default).Summary(),
			schema.Uint32("key_delay").Default(KeyDelay).Range(5, 1000).Unit("milliseconds").Summary().Doc("from one key to the next; a slow guest loses keys that come too fast"),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}

// KeyDelay is the key_delay of VMs without a configuration, in milliseconds.
const KeyDelay = 20

// MostPasted is how many bytes of text can be typed at once: two minutes of it at the usual speed.
const MostPasted = 4096

// Paste is what the action paste types.
type Paste struct {
	VM      int64  `json:"vm"`
	Machine int64  `json:"machine"`
	Text    string `json:"text"` // sealed for the VM's row: people type passwords
	Layout  string `json:"layout"`
	Delay   int64  `json:"delay"` // in milliseconds
}

// Operation names the kind.
func (Paste) Operation() string { return "vm_paste" }

// SealedPaste is the column of vms that the text is sealed for. There is none of that name: it is kept nowhere but in the operation, until that has begun.
const SealedPaste = "paste_text"
