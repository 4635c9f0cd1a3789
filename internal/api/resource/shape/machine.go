package shape

// MachineStatus is what replies show of a row of machine_status.
type MachineStatus struct {
	Running bool   `json:"running"`
	Status  string `json:"status"`
	Wanted  bool   `json:"powerstate"` // power is wanted
	Cores   int64  `json:"running_cores"`
	RAM     int64  `json:"running_ram"` // in MiB
}

// Fields are the columns that MachineStatus is read from.
const Fields = "running,status,powerstate,running_cores,running_ram"

// On reports whether a machine runs.
func (m *MachineStatus) On() bool { return m != nil && m.Running }

// Has is what a machine has of cores and of memory in MiB: what it runs with, or while it is off what it is going to have.
func (m *MachineStatus) Has(cores, ram int64) (hasCores, hasRAM int64) {
	if m.On() && m.Cores > 0 {
		return m.Cores, m.RAM
	}
	return cores, ram
}

// Off reports whether a machine neither runs nor is going to, and hasn't its guest's memory kept.
func (m *MachineStatus) Off() bool {
	return m != nil && !m.Running && !m.Wanted && m.Status != "hibernated"
}

// OfVM is a VM's state in this dialect's words; none where there is no status because it isn't shown.
func (m *MachineStatus) OfVM() string {
	switch {
	case m == nil:
		return ""
	case m.Status == "paused":
		return "paused"
	case m.Running:
		return "running"
	case m.Status == "error":
		return "crashed"
	}
	return "shutoff"
}
