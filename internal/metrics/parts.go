package metrics

import (
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// counter is a sum in the row of a drive or a NIC.
type counter struct {
	column     schema.Named
	name, help string
}

// drives writes what running guests have read and written, and nics what has passed their cards.
func drives(tx *store.Tx, t *text) error {
	of := compute.MachineDriveStatsCol
	return parts(tx, t, "machine_drive_stats", "drive", []counter{
		{of.ReadBytes, "dewpoint_drive_read_bytes_total", "Bytes that the guest has read from the drive since it started."},
		{of.WriteBytes, "dewpoint_drive_written_bytes_total", "Bytes that the guest has written to the drive since it started."},
		{of.Reads, "dewpoint_drive_reads_total", "Read operations since the guest started."},
		{of.Writes, "dewpoint_drive_writes_total", "Write operations since the guest started."},
	}, compute.MachineDriveCol.Machine, "machine_drives")
}

func nics(tx *store.Tx, t *text) error {
	of := compute.MachineNICStatsCol
	return parts(tx, t, "machine_nic_stats", "nic", []counter{
		{of.RxBytes, "dewpoint_nic_receive_bytes_total", "Bytes that the guest has received since it started."},
		{of.TxBytes, "dewpoint_nic_transmit_bytes_total", "Bytes that the guest has sent since it started."},
		{of.RxPckts, "dewpoint_nic_receive_packets_total", "Packets that the guest has received since it started."},
		{of.TxPckts, "dewpoint_nic_transmit_packets_total", "Packets that the guest has sent since it started."},
	}, compute.MachineNICCol.Machine, "machine_nics")
}

// parts writes the counters of one kind of thing, a family after the other.
func parts(tx *store.Tx, t *text, stats, what string, counters []counter, machine schema.Named, table string) error {
	running := store.Within(machine.Name(), "machine_status", store.Is(compute.MachineStatusCol.Running, true))
	columns := make([]schema.Named, len(counters))
	for i, c := range counters {
		columns[i] = c.column
	}
	var labels text // of all parts, one behind the other: each counter has them
	var ends []int
	var sums []int64
	err := tx.EachTwin(table, []schema.Named{machine}, stats, columns, func(key schema.Value, values []schema.Value) {
		labels.keys("machine", values[0].Int(), what, key.Int())
		ends = append(ends, len(labels.b))
		for _, v := range values[1:] {
			sums = append(sums, v.Int())
		}
	}, running)
	for i, c := range counters {
		t.family(c.name, "counter", c.help)
		began := 0
		for n, end := range ends {
			t.counted(c.name, labels.b[began:end], sums[n*len(counters)+i])
			began = end
		}
	}
	return err
}
