package libvirt

import (
	"context"
	"fmt"
	"strings"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
)

// Load is what a running domain has used so far, and what it uses now.
type Load struct {
	Ref
	// CPU is the processor time that its QEMU process took, emulation included; 0 where the host doesn't count it.
	CPU time.Duration
	// VCPUs is the time that each of its virtual processors took.
	VCPUs []time.Duration
	// Given is the memory that the balloon leaves it, Resident what its process takes on the host, both in bytes.
	Given, Resident int64
	// Total and Usable are what the guest says of its memory, in bytes; 0 for one that says nothing.
	Total, Usable int64
	NICs          []NICLoad
	Disks         []DiskLoad
}

// NICLoad is what has passed one network card, as the guest sees it.
type NICLoad struct {
	Device                                 string // the host's end of the card
	TxBytes, TxPackets, RxBytes, RxPackets int64
}

// DiskLoad is what the guest has read from one disk and written to it.
type DiskLoad struct {
	Path                                   string // "" for an empty drive
	Reads, ReadBytes, Writes, WrittenBytes int64
	Busy                                   time.Duration // that all operations took together
}

// Loads returns the running domains whose names begin with prefix, in one call. It waits for no QEMU that is busy with something else; a domain that
// doesn't answer lacks the figures of its disks.
func (c *Client) Loads(ctx context.Context, prefix string) ([]Load, error) {
	const what = golibvirt.DomainStatsCPUTotal | golibvirt.DomainStatsBalloon | golibvirt.DomainStatsVCPU | golibvirt.DomainStatsInterface | golibvirt.DomainStatsBlock
	const how = golibvirt.ConnectGetAllDomainsStatsActive | golibvirt.ConnectGetAllDomainsStatsNowait
	records, err := call(ctx, c, readLimit, "reading the load of domains", func(l *golibvirt.Libvirt) ([]golibvirt.DomainStatsRecord, error) {
		return l.ConnectGetAllDomainStats(nil, uint32(what), uint32(how))
	})
	if err != nil {
		return nil, err
	}
	var found []Load
	for _, record := range records {
		if strings.HasPrefix(record.Dom.Name, prefix) {
			found = append(found, loadOf(record))
		}
	}
	return found, nil
}

func loadOf(record golibvirt.DomainStatsRecord) Load {
	numbers, texts := make(map[string]int64, len(record.Params)), map[string]string{}
	for _, p := range record.Params {
		switch n := p.Value.I.(type) {
		case uint64:
			numbers[p.Field] = int64(n)
		case uint32:
			numbers[p.Field] = int64(n)
		case string:
			texts[p.Field] = n
		}
	}
	const kib = 1024 // the unit of all balloon figures
	l := Load{
		Ref: refOf(record.Dom), CPU: time.Duration(numbers[golibvirt.DomainStatsCPUTime]),
		Given: numbers[golibvirt.DomainStatsBalloonCurrent] * kib, Resident: numbers[golibvirt.DomainStatsBalloonRss] * kib,
		Total: numbers[golibvirt.DomainStatsBalloonAvailable] * kib, Usable: numbers[golibvirt.DomainStatsBalloonUsable] * kib,
	}
	for i := range numbers["vcpu.maximum"] {
		if t, online := numbers[fmt.Sprintf("vcpu.%d.time", i)]; online {
			l.VCPUs = append(l.VCPUs, time.Duration(t))
		}
	}
	for i := range numbers[golibvirt.DomainStatsNetCount] {
		of := func(what string) int64 { return numbers[fmt.Sprint(golibvirt.DomainStatsNetPrefix, i, what)] }
		l.NICs = append(l.NICs, NICLoad{
			Device:  texts[fmt.Sprint(golibvirt.DomainStatsNetPrefix, i, golibvirt.DomainStatsNetSuffixName)],
			TxBytes: of(golibvirt.DomainStatsNetSuffixTxBytes), TxPackets: of(golibvirt.DomainStatsNetSuffixTxPkts),
			RxBytes: of(golibvirt.DomainStatsNetSuffixRxBytes), RxPackets: of(golibvirt.DomainStatsNetSuffixRxPkts),
		})
	}
	for i := range numbers[golibvirt.DomainStatsBlockCount] {
		of := func(what string) int64 { return numbers[fmt.Sprint(golibvirt.DomainStatsBlockPrefix, i, what)] }
		l.Disks = append(l.Disks, DiskLoad{
			Path:  texts[fmt.Sprint(golibvirt.DomainStatsBlockPrefix, i, golibvirt.DomainStatsBlockSuffixPath)],
			Reads: of(golibvirt.DomainStatsBlockSuffixRdReqs), ReadBytes: of(golibvirt.DomainStatsBlockSuffixRdBytes),
			Writes: of(golibvirt.DomainStatsBlockSuffixWrReqs), WrittenBytes: of(golibvirt.DomainStatsBlockSuffixWrBytes),
			Busy: time.Duration(of(golibvirt.DomainStatsBlockSuffixRdTimes) + of(golibvirt.DomainStatsBlockSuffixWrTimes)),
		})
	}
	return l
}
