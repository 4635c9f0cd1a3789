package held

import (
	"slices"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Devices reads the devices of machines that they would start with, in their order, and the settings of those that are TPMs.
func Devices(tx *store.Tx, machines ...int64) ([]compute.MachineDevice, []compute.MachineDeviceSettingsTpm, error) {
	devices, err := store.FindRows[compute.MachineDevice](tx, store.Is(compute.MachineDeviceCol.Machine, machines...), store.Is(compute.MachineDeviceCol.Enabled, true))
	if err != nil || len(devices) == 0 {
		return nil, nil, err
	}
	slices.SortStableFunc(devices, func(a, b compute.MachineDevice) int { return int(a.Orderid - b.Orderid) })
	keys := make([]schema.Value, len(devices))
	for i, d := range devices {
		keys[i] = d.KeyValue()
	}
	tpms, err := store.FindRows[compute.MachineDeviceSettingsTpm](tx, store.Key(keys...))
	return devices, tpms, err
}

// reportDevices writes which devices the guest has. Of a domain that is only known by sight what was known stays.
func reportDevices(tx *store.Tx, machine int64, running bool, g Guest) error {
	if running && g.With == nil {
		return nil
	}
	devices, err := store.FindRows[compute.MachineDevice](tx, store.Is(compute.MachineDeviceCol.Machine, machine))
	if err != nil {
		return err
	}
	for _, d := range devices {
		status := "offline"
		if g.With != nil && slices.ContainsFunc(g.With.Devices, func(had compute.MachineDevice) bool { return had.Key == d.Key }) {
			status = "online"
		}
		if err := store.Keep(tx, d.Key, compute.MachineDeviceStatusSet{}.Status(status)); err != nil {
			return err
		}
	}
	return nil
}
