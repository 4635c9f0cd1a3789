package alarm

import (
	"fmt"
	"slices"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// fact is something that is wrong.
type fact struct {
	matter
	text   string
	figure float64 // where it is about one
}

// matter is what a fact, an alarm and a past alarm are about.
type matter struct{ typ, owner, subOwner string } // owner and subOwner as table/key

func matterOf(a system.Alarm) matter            { return matter{a.AlarmType, a.Owner, a.SubOwner} }
func pastMatterOf(a system.AlarmHistory) matter { return matter{a.AlarmType, a.Owner, a.SubOwner} }

// state is all that a pass looks at.
type state struct {
	types    map[string]*schema.Record
	wrong    []fact
	alarms   []system.Alarm
	resolved []system.AlarmHistory // of alarm_history: those resolved whose cause stood when last seen
}

func read(tx *store.Tx) (s state, err error) {
	types, err := tx.Find("alarm_types")
	if err != nil {
		return s, err
	}
	s.types = map[string]*schema.Record{}
	for _, t := range types {
		s.types[t.Key.Text()] = t
	}
	if s.alarms, err = store.FindRows[system.Alarm](tx); err != nil {
		return s, err
	}
	if s.resolved, err = store.FindRows[system.AlarmHistory](tx, store.Is(system.AlarmHistoryCol.Standing, true)); err != nil {
		return s, err
	}
	machines, err := wrongMachines(tx)
	if err != nil {
		return s, err
	}
	self, err := systemRow(tx)
	if err != nil || self == "" {
		s.wrong = machines
		return s, err
	}
	tiers, err := fullTiers(tx, self)
	if err != nil {
		return s, err
	}
	found, err := foundThings(tx, self)
	if err != nil {
		return s, err
	}
	clock, err := clockAhead(tx, self)
	s.wrong = slices.Concat(machines, tiers, found, clock)
	return s, err
}

// wrongMachines looks at the state of all machines.
func wrongMachines(tx *store.Tx) (wrong []fact, err error) {
	states, err := store.FindRows[compute.MachineStatus](tx, store.Is(compute.MachineStatusCol.State, "warning", "error"))
	if err != nil {
		return nil, err
	}
	for _, s := range states {
		m, err := store.GetRow[compute.Machine](tx, s.Key)
		if err != nil {
			return nil, err
		}
		f := fact{matter: matter{owner: m.Owner}, text: s.StatusInfo}
		switch {
		case m.Type == "node":
			f.typ = nodeIll
		case m.Type == "vnet":
			f.typ = vnetError
		case s.State == "error" && !s.Running: // whatever it is about to try
			f.typ = vmError
		}
		if f.typ == "" || f.owner == "" {
			continue
		}
		if f.text == "" {
			f.text = kindOf(f.typ).description
		}
		wrong = append(wrong, f)
	}
	return wrong, nil
}

// systemRow returns the row of the system as table/key, "" while there is none.
func systemRow(tx *store.Tx) (string, error) {
	systems, err := tx.Find("system")
	if err != nil || len(systems) == 0 {
		return "", err
	}
	return "system/" + systems[0].Key.Text(), nil
}

// fullTiers looks at the use of the storage tiers. Its texts name no figure that changes all the time.
func fullTiers(tx *store.Tx, self string) (wrong []fact, err error) {
	tiers, err := store.FindRows[storage.StorageTier](tx)
	if err != nil {
		return nil, err
	}
	for _, t := range tiers {
		if t.UsedPct > fullAbove {
			wrong = append(wrong, fact{
				matter: matter{tierFull, self, fmt.Sprintf("storage_tiers/%d", t.Key)}, figure: float64(t.UsedPct),
				text: fmt.Sprintf("storage tier %d is more than %d %% full; make room or enlarge it", t.Tier, fullAbove),
			})
		}
	}
	return wrong, nil
}
