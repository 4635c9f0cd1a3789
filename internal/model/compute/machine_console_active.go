package compute

import "dewpoint/internal/schema"

// machineConsoleActive declares who looks at consoles.
func machineConsoleActive() *schema.Table {
	return &schema.Table{
		Name: "machine_console_active", Title: "Console connection", ReadOnly: true, Parent: "console", Display: "address",
		Doc: "Who looks at a console right now. The row goes with the connection. Connections shorter than a second or two never have one.",
		Fields: schema.Fields{
			schema.Row("console", "machine_console").ReadOnly().Summary(),
			schema.Enum("type", consoleTypes...).ReadOnly().Summary(),
			schema.Row("user", "users").ReadOnly().Summary(),
			schema.String("address").ReadOnly().Summary().Doc("where the connection comes from"),
			schema.Bool("read_only").ReadOnly().Summary().Doc("what is typed there is ignored"),
			schema.Uint64("connected").ReadOnly().Summary().Unit("seconds since 1970"),
			schema.Bool("ending").ReadOnly().Hidden().Doc("somebody wants the connection to end"),
			schema.Row("node", "nodes").ReadOnly().Hidden().Doc("whose server relays it"),
		},
	}
}
