package accel

import "encoding/binary"

// guest is a program for the self-test: what its memory holds and how its CPU begins.
type guest struct {
	name   string
	memory []byte // from guest-physical address 0
	entry  uint64
	paging bool // 64-bit mode with the page tables at pageRoot
}

// Guest-physical addresses: the code lies in the first page, the page tables (4-level, one entry each) in the next three.
const (
	guestMemory = 64 << 10
	codeAt      = 0x100
	pageRoot    = 0x1000
)

// realMode is the state that every BIOS begins in: 16-bit code without paging.
func realMode(turns uint32) guest {
	code := []byte{0x66, 0xb9} // mov ecx, turns
	code = binary.LittleEndian.AppendUint32(code, turns)
	code = append(code,
		0x66, 0x49, // again: dec ecx
		0x75, 0xfc, //        jnz again
		0xf4, //              hlt
	)
	return guest{name: "16-bit", memory: place(code), entry: codeAt}
}

// longMode is the state that every kernel runs in: 64-bit code in ring 0 with paging. It touches CR3 (a TLB flush), and CPUID, as a
// kernel does early: KVM variants that fake ring 0 are slow or fail there.
func longMode(turns uint32) guest {
	code := []byte{
		0x0f, 0x20, 0xd8, // mov rax, cr3
		0x0f, 0x22, 0xd8, // mov cr3, rax
		0x31, 0xc0, //       xor eax, eax
		0x0f, 0xa2, //       cpuid
		0xb9, //             mov ecx, turns
	}
	code = binary.LittleEndian.AppendUint32(code, turns)
	code = append(code,
		0xff, 0xc9, // again: dec ecx
		0x75, 0xfc, //        jnz again
		0xf4, //              hlt
	)
	g := guest{name: "64-bit kernel", memory: place(code), entry: codeAt, paging: true}
	const presentWritable, huge = 0x3, 0x80
	put := func(at int, entry uint64) { binary.LittleEndian.PutUint64(g.memory[at:], entry) }
	put(pageRoot, pageRoot+0x1000|presentWritable)
	put(pageRoot+0x1000, pageRoot+0x2000|presentWritable)
	put(pageRoot+0x2000, 0|presentWritable|huge) // the first 2 MiB, mapped one to one
	return g
}

// place lays code out in a guest memory.
func place(code []byte) []byte {
	memory := make([]byte, guestMemory)
	copy(memory[codeAt:], code)
	return memory
}
