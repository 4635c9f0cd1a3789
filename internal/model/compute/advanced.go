package compute

import (
	"regexp"
	"strings"

	"dewpoint/internal/errs"
)

// option is one that may stand in a column `advanced`.
type option struct {
	name   string
	values *regexp.Regexp
	hint   string // what a value can be
}

// oneOf is an option with a fixed list of values.
func oneOf(name string, values ...string) option {
	return option{name, regexp.MustCompile("^(" + strings.Join(values, "|") + ")$"), strings.Join(values, ", ")}
}

// vmOptions are those of VMs. internal/host/domxml/advanced.go has the effect of each.
var vmOptions = []option{
	oneOf("watchdog", "none", "i6300esb", "ib700"),
	oneOf("watchdog_action", "reset", "shutdown", "poweroff", "pause", "none"),
	oneOf("rng", "virtio", "none"),
	oneOf("balloon", "virtio", "none"),
	oneOf("hpet", "on", "off"),
	oneOf("cpu_threads", "1", "2"),
	{"cpu_features", regexp.MustCompile(`^[+-][a-z0-9][a-z0-9._-]{0,31}(,[+-][a-z0-9][a-z0-9._-]{0,31}){0,31}$`), "a list such as +aes,-pcid"},
	{"cpu_pin", regexp.MustCompile(`^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?){0,63}$`), "host CPUs such as 0-3,8"},
	{"numa_cells", regexp.MustCompile(`^[1-8]$`), "1 to 8"},
	oneOf("huge_pages", "2M", "1G"),
}

// driveOptions are those of drives. internal/host/domxml/drive_options.go has the effect of each.
var driveOptions = []option{
	oneOf("cache", "writeback", "none", "writethrough", "directsync", "unsafe"),
	oneOf("io", "threads", "native", "io_uring"),
	oneOf("detect_zeroes", "off", "on", "unmap"),
	oneOf("copy_on_read", "off", "on"),
}

// VMOptions reads vms.advanced: a line for each option, as in watchdog=i6300esb. One that isn't known, or has another value, is Invalid.
func VMOptions(text string) (map[string]string, error) { return readOptions(text, vmOptions) }

// DriveOptions reads machine_drives.advanced likewise.
func DriveOptions(text string) (map[string]string, error) { return readOptions(text, driveOptions) }

func readOptions(text string, known []option) (map[string]string, error) {
	given := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		o := findOption(known, name)
		switch {
		case o == nil:
			return nil, errs.Field("advanced", "has the option %q, which isn't allowed; allowed are %s", errs.Clip(name), namesOf(known))
		case !o.values.MatchString(value):
			return nil, errs.Field("advanced", "has the option %s with the value %q; it can be %s", o.name, errs.Clip(value), o.hint)
		}
		given[name] = value
	}
	return given, nil
}

func findOption(known []option, name string) *option {
	for i := range known {
		if known[i].name == name {
			return &known[i]
		}
	}
	return nil
}

func namesOf(known []option) string {
	names := make([]string, len(known))
	for i, o := range known {
		names[i] = o.name
	}
	return strings.Join(names, ", ")
}
