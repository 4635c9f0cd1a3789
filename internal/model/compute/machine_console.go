package compute

import "dewpoint/internal/schema"

// machineConsole declares where a machine's screen or serial line can be reached; its key is the machine's.
func machineConsole() *schema.Table {
	return &schema.Table{
		Name: "machine_console", Title: "Machine console", ReadOnly: true, Parent: "machine",
		Doc: "The console of a machine. While it runs, host and port are those of the server that relays it: open a websocket at " +
			"/api/v4/machine_console/KEY there. They are null while the machine has no console.",
		Display:     "host",
		ActionTable: "vm_console_actions", ActionRef: "machine_console",
		Actions: schema.Actions{{
			Name: "disconnect", Doc: "end the connections of all who look at the console, or of one of them",
			Params: schema.Fields{schema.Row("active", "machine_console_active").Doc("whose connection to end; all when it isn't given")},
		}},
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly(),
			schema.String("host").ReadOnly(),
			schema.Uint16("port").ReadOnly(),
			schema.Bool("active").ReadOnly().Doc("the machine runs and has a console"),
			schema.Enum("type", consoleTypes...).ReadOnly().Doc("what the websocket carries: RFB (vnc), SPICE, or the bytes of the serial line; null while the machine has no console"),
			schema.Rows("viewers", "machine_console_active", "console").Hidden(),
		},
	}
}

// consoleTypes are the consoles that can be looked at.
var consoleTypes = []string{"vnc", "spice", "serial"}
