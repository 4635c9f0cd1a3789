package compute

import "dewpoint/internal/schema"

// machineConsole declares where a machine's screen can be reached; its key is the machine's.
func machineConsole() *schema.Table {
	return &schema.Table{
		Name: "machine_console", Title: "Machine console", ReadOnly: true, Parent: "machine",
		Doc:     "The address of a machine's console; host and port are null while it has none.",
		Display: "host",
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly(),
			schema.String("host").ReadOnly(),
			schema.Uint16("port").ReadOnly(),
			schema.Bool("active").ReadOnly(),
		},
	}
}
