package alarm

import "dewpoint/internal/model/system"

// The types of alarms.
const (
	vmError   = "vm_error"
	vnetError = "vnet_error"
	nodeIll   = "node_warning"
	tierFull  = "storage_tier_full"
	clockBack = "clock_went_back"
	nobodys   = "found_without_row"
)

// fullAbove is the percentage of a tier above which it is as good as full: VMs whose disks can't grow stand still.
const fullAbove = 90

// snoozedBelow is the highest percentage of a tier that somebody can ask not to hear of: at 100 VMs stand still.
const snoozedBelow = 99

const (
	day  = 24 * 60 * 60
	year = 365 * day
)

// kind is what the table alarm_types says of a type.
type kind struct {
	name, description, level string
	threshold, snoozable     int64  // of the figure that raises it, and up to which it can be snoozed; 0 where it is about no figure
	resolve                  string // what resolving it means; "" when only the end of its cause does
}

const seenTo = "Takes the alarm away until the error changes"

var kinds = []kind{
	{name: vmError, description: "A VM can't do what is wished of it", level: "error", resolve: seenTo},
	{name: vnetError, description: "A network's router has an error", level: "error", resolve: seenTo},
	{name: nodeIll, description: "A node can't do all its work, as when its hypervisor doesn't answer", level: "critical"},
	{name: nobodys, description: "Something was found on the host that no row stands for", level: "warning", resolve: "Takes the alarm away; what was found is kept as long as before"},
	{name: clockBack, description: "The clock went back, or was ahead: the database holds times that haven't come yet", level: "warning"},
	{name: tierFull, description: "A storage tier is nearly full", level: "warning", threshold: fullAbove, snoozable: snoozedBelow},
}

func kindOf(name string) kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	return kind{}
}

// columns are those of alarm_types.
func (k kind) columns() system.AlarmTypeSet {
	set := system.AlarmTypeSet{}.Description(k.description).Level(k.level).MaxSnoozeSeconds(year).DefaultSnoozeSeconds(day)
	if k.threshold != 0 {
		set.Threshold(float64(k.threshold)).MaxSnoozeThreshold(float64(k.snoozable))
	}
	return set
}
