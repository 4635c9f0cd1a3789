package compute

import (
	"cmp"
	"encoding/json"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// copyDrives makes the drives of a clone and lists the disks among them, which wait for their content. That is in other drives, where states says so.
func copyDrives(w *engine.Inside, from schema.Value, to int64, states map[int64]int64, params schema.Set) (disks []compute.CloneDisk, err error) {
	drive := compute.MachineDriveCol
	drives, err := w.Tx.Find("machine_drives", store.IsAmong(drive.Machine, from))
	if err != nil {
		return nil, err
	}
	for _, d := range drives {
		in, inner := copyOf(d, drive.Machine), schema.Set{}
		in["machine"] = engine.Number(to)
		if err := whole(w, d); err != nil {
			return nil, err
		}
		disk := drive.Media.Of(d).Text() != "cdrom"
		if disk {
			in["media"] = engine.Text("disk")
			delete(in, "media_source") // an import that is under way is waited for
			inner[drive.CloneOf.Name()] = d.Key
			if tier := params["preferred_tier"]; !tier.IsNull() {
				in["preferred_tier"] = engine.Text(tier.Text())
			}
		}
		made, err := w.CreateWith("machine_drives", in, inner)
		if err != nil {
			return nil, err
		}
		if !disk {
			continue
		}
		disks = append(disks, compute.CloneDisk{Drive: made.Key.Int(), Of: cmp.Or(states[d.Key.Int()], d.Key.Int())})
		if err := store.Write(w.Tx, made.Key, compute.MachineDriveStatusSet{}.Status("importing")); err != nil {
			return nil, err
		}
	}
	return disks, nil
}

// whole is a Conflict for a drive that is to be imported once its file has arrived: the clone would hold up the import that it waits for.
func whole(w *engine.Inside, r *schema.Record) error {
	d := store.RowOf[compute.MachineDrive](r)
	if d.Media != "import" && d.Media != "clone" {
		return nil
	}
	imports, err := operation.Last(w.Tx, operation.MachineQueue(d.Machine))
	if err == nil && imports == 0 {
		err = errs.New(errs.Conflict, "drive_not_ready", "drive %q has no disk yet; clone the VM once its file has been imported", d.Name)
	}
	return err
}

// copyCards makes the NICs of a clone. An address that is reserved for a card stays with that card.
func copyCards(w *engine.Inside, from schema.Value, to int64, macs bool) error {
	nic := compute.MachineNICCol
	cards, err := w.Tx.Find("machine_nics", store.IsAmong(nic.Machine, from))
	if err != nil {
		return err
	}
	for _, card := range cards {
		in, mac := copyOf(card, nic.Machine, nic.Ipaddress), nic.Macaddress.Of(card).Text()
		if text := nic.Was.Of(card); !text.IsNull() { // of a snapshot
			if mac, err = asBefore(w.Tx, text.Text(), in); err != nil {
				return err
			}
		}
		in["machine"] = engine.Number(to)
		if macs {
			in["macaddress"] = engine.Text(mac)
		}
		if _, err := w.Create("machine_nics", in); err != nil {
			return err
		}
	}
	return nil
}

// asBefore plugs a copy of a snapshot's card into the network that the card was on, if that is still there, and returns the address that it had.
func asBefore(tx *store.Tx, text string, in schema.Input) (mac string, err error) {
	var was compute.CardBefore
	if err := json.Unmarshal([]byte(text), &was); err != nil {
		return "", err
	}
	nets, err := tx.Find("vnets", store.Key(schema.IntValue(was.Vnet)))
	if len(nets) > 0 {
		in["vnet"] = engine.Number(was.Vnet)
	}
	return was.Macaddress, err
}

// copyDevices makes the devices of a clone, with their settings.
func copyDevices(w *engine.Inside, from schema.Value, to int64) (n int, err error) {
	device := compute.MachineDeviceCol
	devices, err := w.Tx.Find("machine_devices", store.IsAmong(device.Machine, from))
	if err != nil {
		return 0, err
	}
	for _, d := range devices {
		settings, err := store.GetRow[compute.MachineDeviceSettingsTpm](w.Tx, d.Key)
		if err != nil {
			return 0, err
		}
		args, err := json.Marshal(map[string]string{"model": settings.Model, "version": settings.Version})
		if err != nil {
			return 0, err
		}
		in := copyOf(d, device.Machine)
		in["machine"], in["settings_args"] = engine.Number(to), args
		if _, err := w.Create("machine_devices", in); err != nil {
			return 0, err
		}
	}
	return len(devices), nil
}

func copyCloudinit(w *engine.Inside, from, to *schema.Record) error {
	files, err := w.Tx.Find("cloudinit_files", store.Is(compute.CloudinitFileCol.Owner, engine.PathOf(from).Text()))
	if err != nil {
		return err
	}
	for _, f := range files {
		in := copyOf(f, compute.CloudinitFileCol.Owner)
		in["owner"] = engine.Text(engine.PathOf(to).Text())
		if _, err := w.Create("cloudinit_files", in); err != nil {
			return err
		}
	}
	return nil
}
