package column

import "dewpoint/internal/schema"

// Health is the short form of a status, by which clients choose a colour.
func Health() *schema.Field {
	return schema.Enum("state", "online", "offline", "warning", "error").ReadOnly().Default("offline")
}

// Tier is a storage tier's number, which the wire has as a string of one digit.
func Tier(name string) *schema.Field {
	return schema.Enum(name, "1", "2", "3", "4", "5")
}

// CPUTypes are the processor models that the table API knows; "host" and "" leave the choice to the cluster.
var CPUTypes = []string{
	"host", "qemu64", "kvm64", "Broadwell", "Cascadelake-Server", "Conroe", "Cooperlake", "core2duo", "coreduo", "Denverton",
	"EPYC", "EPYC-Genoa", "EPYC-Milan", "EPYC-Rome", "GraniteRapids", "Haswell", "Icelake-Server", "IvyBridge", "KnightsMill", "n270",
	"Nehalem", "Opteron_G1", "Opteron_G2", "Opteron_G3", "Opteron_G4", "Opteron_G5", "Penryn", "phenom", "SandyBridge", "SapphireRapids",
	"Skylake-Client", "Skylake-Server", "Snowridge", "Westmere",
}

// PowerLoss says what becomes of a machine when the host comes back after it went down.
func PowerLoss() *schema.Field {
	return schema.Enum("on_power_loss", "power_on", "last_state", "leave_off").Labels("power_on", "Power On", "last_state", "Last State", "leave_off", "Leave Off")
}
