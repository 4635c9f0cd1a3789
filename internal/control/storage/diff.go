package storage

// action is what has to be done to a drive's file.
type action string

const (
	nothing action = ""
	create  action = "create"
	ask     action = "ask"    // for an import from the source
	cancel  action = "cancel" // the import of a drive that is deleted
	grow    action = "grow"
	move    action = "move" // to where its machine or tier has it now
	remove  action = "remove"
)

// step is what one drive needs now: an action, and the status to report (with an action: the one while it is under way).
type step struct {
	action action
	status Status
}

// observed is what the host has of a drive.
type observed struct {
	path, want string // where its file is ("" for nowhere) and where it belongs
	size       int64  // bytes that a guest sees; 0 when not known
	used       int64
}

// decide compares wish and fact of one drive. It is pure.
func decide(d *Drive, seen observed) step {
	switch {
	case d.Import != nil && d.Import.Open && d.Deleted:
		return step{action: cancel, status: d.Last}
	case d.Import != nil && d.Import.Open:
		return step{status: d.Last} // the operation reports
	case d.Deleted && d.InUse:
		return step{status: d.Last} // until its machine is off
	case d.Deleted:
		return step{action: remove, status: d.Last}
	case d.Frozen, d.Waits:
		return step{status: d.Last}
	case d.Media == mediaCDROM:
		return step{status: tray(d)}
	case seen.path == "":
		return absent(d)
	}
	status := settled(d, seen.used)
	switch {
	case d.InUse:
		return step{status: status}
	case seen.path != seen.want:
		return step{action: move, status: d.Last}
	case seen.size > 0 && d.Size > seen.size:
		return step{action: grow, status: status}
	}
	if d.Size == 0 {
		status.Size = seen.size
	}
	return step{status: status}
}

// tray is the status of a CD-ROM drive: it may be empty, but a medium must be whole.
func tray(d *Drive) Status {
	if d.Source == nil || d.Source.Complete {
		return settled(d, 0)
	}
	return waiting(d)
}

// absent decides on a drive without a file. One that had its file before is never made anew: an empty disk in the place of a lost one
// would hide the loss from everybody but the guest.
func absent(d *Drive) step {
	status := d.Last
	status.Progress, status.UsedBytes = 0, 0
	switch {
	case d.Last.Ready:
		status.Status, status.Info = "error", "the disk's file is missing"
		return step{status: status}
	case d.Media == mediaDisk:
		status.Status, status.Info = "initializing", ""
		return step{action: create, status: status}
	case d.Source == nil:
		status.Status, status.Info = "error", "there is no file to make the disk from"
		return step{status: status}
	case !d.Source.Complete:
		return step{status: waiting(d)}
	}
	if was := d.Import; was != nil && was.Of == d.importSource() {
		status.Status, status.Info = "error", was.Info
		if was.Cancelled {
			status.Info = "the import of its file was cancelled; change the drive's size, tier or file to begin it anew"
		}
		return step{status: status}
	}
	return step{action: ask, status: d.Last}
}

// waiting is the status of a drive whose medium is still on its way.
func waiting(d *Drive) Status {
	status := d.Last
	status.Status, status.Ready, status.Info = "offline", false, "waiting for the upload of its file"
	if d.Media != mediaCDROM {
		status.Status = "importing" // clients take any other word for the end of the import
	}
	return status
}

// settled is the status of a drive that has what it needs.
func settled(d *Drive, used int64) Status {
	status := Status{Status: "offline", Ready: true, Progress: 100, UsedBytes: used}
	if d.Last.Status == "online" {
		status.Status = "online"
	}
	if !worthTelling(d.Last.UsedBytes, used) {
		status.UsedBytes = d.Last.UsedBytes
	}
	return status
}

// worthTelling reports a change of use that is not just a running guest's daily writes: more than 1 MiB, or from or to nothing.
func worthTelling(before, now int64) bool {
	const step = 1 << 20
	return before == 0 != (now == 0) || max(before-now, now-before) > step
}
