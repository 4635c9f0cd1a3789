// Package vm keeps the domains of this node as the machines' rows wish: it starts and stops them as the last power operation asked
// for, follows what libvirt says of them, and takes down what was deleted. docs/design/0001-first-boot.md ("Power", "Deleting") binds it.
//
// Every machine has its own queue: a call that hangs on one delays no other and no pass.
package vm

import (
	"context"

	"dewpoint/internal/held"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
)

// LeaveOff is the machines.on_power_loss that doesn't start a machine again after the host lost power.
const LeaveOff = "leave_off"

// Machine is a VM as its rows wish it, with what was last reported of it.
type Machine struct {
	Key         int64
	StorageID   string // with the key in the name of its folder; "" for a machine that an older version made
	Deleted     bool   // a tombstone: take it down, then purge the row
	UUID        string
	PowerOp     string
	PowerSeq    int64
	OnPowerLoss string
	Hardware    domxml.VM    // all but Instance, MachineKey, UUID, Accelerator, Dir, Seed and Drives, which the controller fills in
	Drives      []Drive      // in the order of orderid
	NICs        []domxml.NIC // those that are in a network, disabled ones too
	Gaps        []held.Gap   // what its guest lacks of the rows
	StartedWith string       // machine_status.started_with
	Last        Status
	Had         held.Columns       // of the VM's row, as the guest has them that runs or hibernates; read where it matters
	Before      []system.Operation // that power has to wait for
	Unreadable  error              // why Hardware lacks something that the rows wish; it can't be started without
}

// Drive is a drive of a machine.
type Drive struct {
	domxml.Drive
	Ready bool // its file may be given to a guest
}

// Status is the part of machine_status that this controller owns. It is comparable: equal means nothing to report.
type Status struct {
	Running     bool
	Status      string // a value of the contract's enum
	State       string // online, offline or error
	Info        string // why, when something is wrong; empty when healthy
	Started     int64  // Unix seconds; 0 while off
	DoneSeq     int64  // the last PowerSeq that was carried out
	BootID      string // the host's boot in which the machine was last seen running
	OffAsked    int64  // when the guest was asked to power off, Unix seconds; 0 when it wasn't, or is off
	PowerWanted bool   // from the request for power until it is off
	Cores       int    // what it runs with; 0 while off
	RAMMiB      int
	MachineType string // what it runs as; kept while off
	Asleep      bool   // it is off, and its guest's memory is kept
	Settled     bool   // it is off and nothing is asked of it: only a domain can make it interesting
}

// Fact is what is to be written of one machine.
type Fact struct {
	Machine int64
	Status
	Guest *held.Guest // nil: what is known of the guest's drives and NICs stays
}

// Rows is the controller's side of the database.
type Rows interface {
	// Wish returns the VMs of this node that there may be something to do about, tombstones included, as of one moment: all but those that
	// are settled, and those with the given keys, of which the host has domains.
	Wish(ctx context.Context, present []int64) ([]Machine, error)
	// Seed returns a VM's files for cloud-init.
	Seed(ctx context.Context, vm int64) ([]compute.CloudinitFile, error)
	// Close notes what a running guest got of what it lacked.
	Close(ctx context.Context, machine int64, closed []held.Gap) error
	// Report writes the status rows in one transaction.
	Report(ctx context.Context, facts []Fact) error
	// Purge removes the rows of machines of which nothing is left on the host. It leaves those that have drives still.
	Purge(ctx context.Context, machineKeys []int64) error
}
