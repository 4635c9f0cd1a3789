package stats

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// look is what was seen of a part of a running machine: a NIC or a drive.
type look[T any] struct {
	load T
	at   time.Time
}

// parts are looks by the keys of their rows.
type parts struct {
	nics   map[int64]look[libvirt.NICLoad]
	drives map[int64]look[libvirt.DiskLoad]
}

// partsOf finds the rows of what the running machines have: NICs by our mark on the host's end, disks by the names of their files, and the drives of
// media by who is known to read these.
func partsOf(tx *store.Tx, instance mark.Instance, samples map[int64]sample) (parts, error) {
	p := parts{nics: map[int64]look[libvirt.NICLoad]{}, drives: map[int64]look[libvirt.DiskLoad]{}}
	read, err := readersOf(tx)
	if err != nil {
		return p, err
	}
	for machine, s := range samples {
		for _, n := range s.NICs {
			if key, ours := mark.Key(n.Device, instance.Taps()); ours {
				p.nics[key] = look[libvirt.NICLoad]{n, s.at}
			}
		}
		for _, d := range s.Disks {
			if key := read.drive(machine, d.Path); key != 0 {
				p.drives[key] = look[libvirt.DiskLoad]{d, s.at}
			}
		}
	}
	return p, nil
}

// medium is a file that the guest of a machine reads.
type medium struct{ machine, file int64 }

// readers are the drives by which guests read media.
type readers map[medium]int64

func readersOf(tx *store.Tx) (readers, error) {
	rows, err := store.FindRows[compute.MachineDriveStatus](tx, store.IsNot(compute.MachineDriveStatusCol.HeldFile, 0))
	found := readers{}
	for _, row := range slices.Backward(rows) { // of two drives with the same file the first one counts
		found[medium{row.Holder, row.HeldFile}] = row.Key
	}
	return found, err
}

// drive returns the key of the drive that a guest reads a path by, 0 if none is known.
func (r readers) drive(machine int64, path string) int64 {
	name, disk := strings.CutSuffix(filepath.Base(path), block.DiskEnding)
	key, _, _, ours := column.ReadHeadName(name)
	if disk || !ours {
		return key
	}
	return r[medium{machine, key}]
}

// changes are the steps that write down what was measured of the parts now. The rates of one that is gone from its guest become 0.
func (p parts) changes(tx *store.Tx, node int64, before parts) (steps []func(*store.Tx) error, err error) {
	here := func(c schema.Named) store.Cond { // others are measured on their nodes
		return store.Within(c.Name(), "machine_status", store.IsOrNull(compute.MachineStatusCol.Node, node))
	}
	ofNIC, ofDrive := compute.MachineNICStatsCol, compute.MachineDriveStatsCol
	err = each(tx, slices.Collect(maps.Keys(p.nics)), store.Within(ofNIC.ParentNIC.Name(), "machine_nics", here(compute.MachineNICCol.Machine)), func(row compute.MachineNICStats) {
		if now := traffic(row, p.nics, before.nics); now != row {
			steps = append(steps, func(tx *store.Tx) error { return unlessGone(store.Put(tx, row, now)) })
		}
	}, ofNIC.Totalxbps)
	if err != nil {
		return nil, err
	}
	err = each(tx, slices.Collect(maps.Keys(p.drives)), store.Within(ofDrive.ParentDrive.Name(), "machine_drives", here(compute.MachineDriveCol.Machine)), func(row compute.MachineDriveStats) {
		if now := access(row, p.drives, before.drives); now != row {
			steps = append(steps, func(tx *store.Tx) error { return unlessGone(store.Put(tx, row, now)) })
		}
	}, ofDrive.Rbps, ofDrive.Wbps)
	return steps, err
}

// each calls f with the rows of these keys, and with those here of which one of the rates isn't 0.
func each[T any, P store.Row[T]](tx *store.Tx, keys []int64, here store.Cond, f func(T), rates ...schema.Column[int64]) error {
	values := make([]schema.Value, len(keys))
	for i, key := range keys {
		values[i] = schema.IntValue(key)
	}
	conds := [][]store.Cond{{store.Key(values...)}}
	for _, rate := range rates {
		conds = append(conds, []store.Cond{here, store.IsNot(rate, 0)})
	}
	var t T
	found := map[schema.Value]bool{}
	for _, which := range conds {
		rows, err := tx.Find(P(&t).TableName(), which...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !found[r.Key] {
				f(store.RowOf[T, P](r))
			}
			found[r.Key] = true
		}
	}
	return nil
}

// traffic is what a NIC's row is to say.
func traffic(row compute.MachineNICStats, now, before map[int64]look[libvirt.NICLoad]) compute.MachineNICStats {
	row.TxBytesCur, row.RxBytesCur, row.TxPcktsCur, row.RxPcktsCur = 0, 0, 0, 0
	row.Txbps, row.Rxbps, row.Txpps, row.Rxpps = 0, 0, 0, 0
	if n, runs := now[row.Key]; runs {
		l := n.load
		row.TxBytes, row.RxBytes, row.TxPckts, row.RxPckts = l.TxBytes, l.RxBytes, l.TxPackets, l.RxPackets
		if b, seen := before[row.Key]; seen {
			passed := n.at.Sub(b.at)
			row.TxBytesCur, row.Txbps = since(l.TxBytes, b.load.TxBytes, passed)
			row.RxBytesCur, row.Rxbps = since(l.RxBytes, b.load.RxBytes, passed)
			row.TxPcktsCur, row.Txpps = since(l.TxPackets, b.load.TxPackets, passed)
			row.RxPcktsCur, row.Rxpps = since(l.RxPackets, b.load.RxPackets, passed)
		}
	}
	row.Totalxbps = row.Txbps + row.Rxbps
	for _, column := range []*int64{&row.Txbps, &row.Rxbps, &row.Totalxbps, &row.Txpps, &row.Rxpps, &row.TxPcktsCur, &row.RxPcktsCur} {
		*column = min(*column, math.MaxUint32) // all that they hold
	}
	return row
}

// access is what a drive's row is to say.
func access(row compute.MachineDriveStats, now, before map[int64]look[libvirt.DiskLoad]) compute.MachineDriveStats {
	row.Rops, row.Wops, row.Rbps, row.Wbps, row.ServiceTime, row.Util = 0, 0, 0, 0, 0, 0
	n, runs := now[row.Key]
	if !runs {
		return row
	}
	l := n.load
	row.Reads, row.Writes, row.ReadBytes, row.WriteBytes = l.Reads, l.Writes, l.ReadBytes, l.WrittenBytes
	b, seen := before[row.Key]
	if !seen {
		return row
	}
	passed := n.at.Sub(b.at)
	reads, writes := int64(0), int64(0)
	reads, row.Rops = since(l.Reads, b.load.Reads, passed)
	writes, row.Wops = since(l.Writes, b.load.Writes, passed)
	_, row.Rbps = since(l.ReadBytes, b.load.ReadBytes, passed)
	_, row.Wbps = since(l.WrittenBytes, b.load.WrittenBytes, passed)
	if busy := l.Busy - b.load.Busy; busy > 0 && reads+writes > 0 && passed > 0 {
		row.ServiceTime = float64(busy.Microseconds()/(reads+writes)) / 1000
		row.Util = float64(percent(busy, passed))
	}
	return row
}

// since is what was added in the time that passed, and how much that is in a second. A guest that was started anew in between began to count anew.
func since(now, before int64, passed time.Duration) (added, rate int64) {
	if passed <= 0 || now < before {
		return 0, 0
	}
	added = now - before
	return added, int64(float64(added) / passed.Seconds())
}

// unlessGone takes it for no error that a row is gone by now.
func unlessGone(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
