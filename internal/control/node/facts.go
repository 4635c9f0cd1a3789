package node

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
)

// facts is what the host says of itself.
type facts struct {
	machineID, serverID      string
	hostname                 string
	model, cpu, cpuSpeed     string
	osVersion, kernelVersion string
	bootID                   string
	cores, ramMiB            int64
	bootedAt                 int64 // seconds since 1970
	iommu                    bool
	load                     load
	disks                    diskSample
	devices                  devices
}

// readFacts reads /proc, /etc and /sys. Only what every Linux has is required.
func readFacts(root fs.FS) (f facts, err error) {
	for path, into := range map[string]*string{
		"proc/sys/kernel/hostname": &f.hostname, "proc/sys/kernel/osrelease": &f.kernelVersion, "proc/sys/kernel/random/boot_id": &f.bootID,
	} {
		if *into, err = readLine(root, path); err != nil {
			return f, err
		}
	}
	if err := f.readCPU(root); err != nil {
		return f, err
	}
	if f.ramMiB, err = readRAM(root); err != nil {
		return f, err
	}
	if f.bootedAt, err = readBootTime(root); err != nil {
		return f, err
	}
	f.osVersion = readOSName(root)
	f.model, _ = readLine(root, "sys/class/dmi/id/product_name") // containers and ARM boards have none
	groups, _ := fs.ReadDir(root, "sys/kernel/iommu_groups")     // it is missing without an IOMMU
	f.iommu = len(groups) > 0
	return f, nil
}

func (f *facts) readCPU(root fs.FS) error {
	text, err := fs.ReadFile(root, "proc/cpuinfo")
	if err != nil {
		return err
	}
	for key, value := range pairs(text, ":") {
		switch key {
		case "processor":
			f.cores++
		case "model name":
			f.cpu = value
		case "cpu MHz":
			if mhz, err := strconv.ParseFloat(value, 64); err == nil && f.cpuSpeed == "" {
				f.cpuSpeed = fmt.Sprintf("%d MHz", int64(math.Round(mhz/100))*100) // the exact value changes all the time
			}
		}
	}
	if f.cores == 0 {
		return fmt.Errorf("proc/cpuinfo lists no processor")
	}
	return nil
}

func readRAM(root fs.FS) (mib int64, err error) {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0, err
	}
	for key, value := range pairs(text, ":") {
		if key == "MemTotal" {
			kib, err := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("proc/meminfo has no MemTotal")
}

func readBootTime(root fs.FS) (int64, error) {
	text, err := fs.ReadFile(root, "proc/stat")
	if err != nil {
		return 0, err
	}
	for key, value := range pairs(text, " ") {
		if key == "btime" {
			return strconv.ParseInt(value, 10, 64)
		}
	}
	return 0, fmt.Errorf("proc/stat has no btime")
}

// readOSName returns PRETTY_NAME of os-release(5), "Linux" where there is none.
func readOSName(root fs.FS) string {
	for _, path := range []string{"etc/os-release", "usr/lib/os-release"} {
		text, err := fs.ReadFile(root, path)
		if err != nil {
			continue
		}
		for key, value := range pairs(text, "=") {
			if name := strings.Trim(value, `"'`); key == "PRETTY_NAME" && name != "" {
				return name
			}
		}
	}
	return "Linux"
}

func readLine(root fs.FS, path string) (string, error) {
	text, err := fs.ReadFile(root, path)
	return strings.TrimSpace(string(text)), err
}

// pairs walks the lines of a text that hold the separator, cut there and trimmed.
func pairs(text []byte, separator string) func(func(key, value string) bool) {
	return func(yield func(key, value string) bool) {
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<20) // the line "intr" of /proc/stat is long on big machines
		for lines.Scan() {
			key, value, ok := strings.Cut(lines.Text(), separator)
			if ok && !yield(strings.TrimSpace(key), strings.TrimSpace(value)) {
				return
			}
		}
	}
}
