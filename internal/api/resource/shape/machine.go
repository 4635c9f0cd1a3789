package shape

// MachineStatus is what replies show of a row of machine_status.
type MachineStatus struct {
	Running bool   `json:"running"`
	Status  string `json:"status"`
	Wanted  bool   `json:"powerstate"` // power is wanted
}

// Fields are the columns that MachineStatus is read from.
const Fields = "running,status,powerstate"

// On reports whether a machine runs.
func (m *MachineStatus) On() bool { return m != nil && m.Running }

// Off reports whether a machine neither runs nor is going to.
func (m *MachineStatus) Off() bool { return m != nil && !m.Running && !m.Wanted }

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
