package ovf_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/ovf"
	"dewpoint/test/golden"
)

var exported = ovf.Exported{
	Name: `web "1" & <co>`, Description: "serves\npages", OS: "Debian 12", Cores: 3, MemoryMiB: 2048, UEFI: true, SecureBoot: true, CDs: 1,
	Disks: []ovf.Written{
		{File: "disk0.vmdk", Size: 1 << 30, Length: 4096, Attached: "virtio"},
		{File: "disk1.vmdk", Size: 2 << 30, Length: 8192, Attached: "sata"},
		{File: "disk2.vmdk", Size: 3 << 30, Length: 512, Attached: "scsi"},
	},
	NICs: []ovf.NIC{{Model: "virtio", Network: "lab", MAC: "52:54:00:00:00:01"}, {Model: "e1000", Network: "lab"}, {Model: "vmxnet3"}},
}

// TestWrittenIsRead: what we write says to us what it is to say; the text is kept.
func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	text, err := ovf.Write(exported)
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "testdata/written.ovf", string(text))
	vm, files, err := ovf.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	want := &ovf.VM{
		Name: exported.Name, Description: exported.Description, OS: exported.OS, Cores: 3, MemoryMiB: 2048, UEFI: true, SecureBoot: true,
		Drives: []ovf.Drive{
			{Name: "disk 0", File: "disk0.vmdk", Size: 1 << 30, Controller: ovf.Controller{Bus: "virtio", Model: "virtioscsi"}},
			{Name: "disk 1", File: "disk1.vmdk", Size: 2 << 30, Controller: ovf.Controller{Bus: "sata", Model: "ahci"}},
			{Name: "disk 2", File: "disk2.vmdk", Size: 3 << 30, Controller: ovf.Controller{Bus: "scsi", Model: "lsilogic"}},
			{Name: "CD-ROM drive 0", CD: true, Controller: ovf.Controller{Bus: "sata", Model: "ahci"}},
		},
		NICs: []ovf.NIC{
			{Name: "network card 0", Model: "virtio", Network: "lab", MAC: "52:54:00:00:00:01"},
			{Name: "network card 1", Model: "e1000", Network: "lab"},
			{Name: "network card 2", Model: "vmxnet3"},
		},
	}
	if d := cmp.Diff(want, vm); d != "" {
		t.Error(d)
	}
	if len(files) != 3 || files[1] != (ovf.File{Name: "disk1.vmdk", Size: 8192}) {
		t.Errorf("files: %+v", files)
	}
}

// TestOthersDescriptions reads what other programs write.
func TestOthersDescriptions(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"virtualbox.ovf": "debian|2 cores|1024 MiB|efi true|sata/ahci disk-001.vmdk 8589934592|ide/piix4 cd|nic e1000 NAT 08:00:27:12:34:56|notes 2",
		"vmware.ovf":     "photon|4 cores|8192 MiB|efi true|scsi/virtualscsi photon-disk1.vmdk 17179869184|nic vmxnet3 VM Network|notes 1",
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		vm, _, err := ovf.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		words := []string{vm.Name, fmt.Sprint(vm.Cores, " cores"), fmt.Sprint(vm.MemoryMiB, " MiB"), fmt.Sprint("efi ", vm.UEFI)}
		for _, d := range vm.Drives {
			what := fmt.Sprintf("%s/%s %s %d", d.Controller.Bus, d.Controller.Model, d.File, d.Size)
			if d.CD {
				what = fmt.Sprintf("%s/%s cd", d.Controller.Bus, d.Controller.Model)
			}
			words = append(words, what)
		}
		for _, n := range vm.NICs {
			words = append(words, strings.TrimSpace(fmt.Sprintf("nic %s %s %s", n.Model, n.Network, n.MAC)))
		}
		words = append(words, fmt.Sprint("notes ", len(vm.Notes)))
		if got := strings.Join(words, "|"); got != want {
			t.Errorf("%s:\n got %s\nwant %s\n%q", name, got, want, vm.Notes)
		}
	}
}

// envelope is a description around what a test is about.
func envelope(references, disks, items string) string {
	return `<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References>` + references +
		`</References><DiskSection>` + disks + `</DiskSection><VirtualSystem ovf:id="vm"><VirtualHardwareSection>` + items + `</VirtualHardwareSection></VirtualSystem></Envelope>`
}

const diskItem = `<Item><HostResource>ovf:/disk/d</HostResource><InstanceID>1</InstanceID><ResourceType>17</ResourceType></Item>`

// TestRefusedDescriptions: each is a refusal, on the column that the client gave, and soon.
func TestRefusedDescriptions(t *testing.T) {
	t.Parallel()
	bomb := `<!DOCTYPE lolz [<!ENTITY a "lol">`
	for i := 'b'; i < 'z'; i++ {
		bomb += fmt.Sprintf(`<!ENTITY %c "%s">`, i, strings.Repeat("&"+string(i-1)+";", 10))
	}
	bomb += `]>` + envelope("", "", "&y;")
	for name, text := range map[string]string{
		"nothing":                 "",
		"no XML":                  "MZ\x90",
		"an entity bomb":          bomb,
		"an entity of the host's": `<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + envelope("", "", "&x;"),
		"an entity undeclared":    envelope("", "", "&x;"),
		"deeper than deep":        strings.Repeat("<a>", 100_000),
		"too long":                "<Envelope>" + strings.Repeat(" ", ovf.MostText),
		"no VM":                   `<Envelope/>`,
		"several VMs":             `<Envelope><VirtualSystemCollection><VirtualSystem/><VirtualSystem/></VirtualSystemCollection></Envelope>`,
		"a disk of nothing":       envelope("", "", `<Item><ResourceType>17</ResourceType></Item>`),
		"a disk that isn't there": envelope("", "", diskItem),
		"a file that isn't there": envelope("", `<Disk ovf:diskId="d" ovf:fileRef="f"/>`, diskItem),
		"a parent":                envelope("", `<Disk ovf:diskId="d" ovf:parentRef="p"/>`, diskItem),
		"compressed":              envelope(`<File ovf:id="f" ovf:href="f" ovf:compression="gzip"/>`, "", ""),
		"in chunks":               envelope(`<File ovf:id="f" ovf:href="f" ovf:chunkSize="5"/>`, "", ""),
		"a size below 0":          envelope(`<File ovf:id="f" ovf:href="f" ovf:size="-5"/>`, "", ""),
		"a size beyond all":       envelope("", `<Disk ovf:diskId="d" ovf:capacity="9223372036854775807" ovf:capacityAllocationUnits="byte * 2^40"/>`, diskItem),
		"a unit unknown":          envelope("", `<Disk ovf:diskId="d" ovf:capacity="1" ovf:capacityAllocationUnits="furlong"/>`, diskItem),
		"CPUs of words":           envelope("", "", `<Item><ResourceType>3</ResourceType><VirtualQuantity>many</VirtualQuantity></Item>`),
		"1,000 disks":             envelope("", `<Disk ovf:diskId="d" ovf:capacity="5"/>`, strings.Repeat(diskItem, 1000)),
	} {
		if _, _, err := ovf.Parse([]byte(text)); !errs.Is(err, errs.Invalid) || errs.As(err).Field != "file" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// archiveOf writes a tar and returns it opened.
func archiveOf(t *testing.T, members ...*tar.Header) *os.File {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(m); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte(m.Name[:1]), int(m.Size))); err != nil && m.Size > 0 {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return opened(t, b.Bytes())
}

func opened(t *testing.T, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestMembers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("l", 200) + ".vmdk" // in a header of its own
	f := archiveOf(t, &tar.Header{Name: "a.ovf", Size: 5}, &tar.Header{Name: "./" + long, Size: 700}, &tar.Header{Name: "z", Size: 0})
	members, err := ovf.Members(f)
	if err != nil || len(members) != 3 || !ovf.IsArchive(f) || ovf.IsText(f) {
		t.Fatal(members, err)
	}
	for _, m := range members {
		content := make([]byte, m.Length)
		if _, err := f.ReadAt(content, m.Offset); err != nil {
			t.Fatal(err)
		}
		if letter := map[string]string{"a.ovf": "a", long: "."}[m.Name]; string(content) != strings.Repeat(letter, len(content)) {
			t.Errorf("%s holds %.20q", m.Name, content)
		}
	}
}

// TestRefusedArchives: what isn't a plain file in the archive's own folder is refused.
func TestRefusedArchives(t *testing.T) {
	t.Parallel()
	for name, members := range map[string][]*tar.Header{
		"traversal":     {{Name: "../../etc/cron.d/x", Size: 1}},
		"absolute":      {{Name: "/etc/passwd", Size: 1}},
		"a folder":      {{Name: "sub/a.ovf", Size: 1}},
		"backslashes":   {{Name: `..\..\x`, Size: 1}},
		"a symlink":     {{Name: "a.vmdk", Linkname: "/etc/shadow", Typeflag: tar.TypeSymlink}},
		"a hard link":   {{Name: "a.vmdk", Linkname: "/etc/shadow", Typeflag: tar.TypeLink}},
		"a device":      {{Name: "a.vmdk", Typeflag: tar.TypeBlock, Devmajor: 8}},
		"a pipe":        {{Name: "a.vmdk", Typeflag: tar.TypeFifo}},
		"the same name": {{Name: "a.vmdk", Size: 1}, {Name: "./a.vmdk", Size: 1}},
	} {
		if got, err := ovf.Members(archiveOf(t, members...)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	many := make([]*tar.Header, 300)
	for i := range many {
		many[i] = &tar.Header{Name: fmt.Sprint(i), Size: 1}
	}
	if _, err := ovf.Members(archiveOf(t, many...)); !errs.Is(err, errs.Invalid) {
		t.Errorf("300 files: %v", err)
	}
	whole := archiveOf(t, &tar.Header{Name: "a.ovf", Size: 5000})
	content, err := os.ReadFile(whole.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{1, 100, 511, 600, 3000, 5000} {
		if got, err := ovf.Members(opened(t, content[:cut])); !errs.Is(err, errs.Invalid) {
			t.Errorf("cut after %d bytes: %+v, %v", cut, got, err)
		}
	}
	lies := bytes.Clone(content)
	copy(lies[124:], "77777777777\x00") // 8 GiB in the header's octal digits; the checksum is then wrong, too
	if got, err := ovf.Members(opened(t, lies)); !errs.Is(err, errs.Invalid) {
		t.Errorf("a size that lies: %+v, %v", got, err)
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	got, err := ovf.Manifest([]byte("SHA1(a b.ovf)= DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\r\n\nSHA256 (c) = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"))
	if err != nil || len(got) != 2 || got[0].Name != "a b.ovf" {
		t.Fatal(got, err)
	}
	for _, d := range got { // both are those of nothing
		h := ovf.Sum(d.Algorithm)
		if !d.Is(h) {
			t.Errorf("%+v isn't the digest of nothing", d)
		}
		h.Write([]byte("x"))
		if d.Is(h) {
			t.Errorf("%+v is the digest of something", d)
		}
	}
	for _, text := range []string{"x", "MD5(a)= d41d8cd98f00b204e9800998ecf8427e", "SHA256(a)= 12", strings.Repeat("x", 1<<20), got[0].Algorithm + "(a)= " + got[0].Sum + "\n" + got[0].Algorithm + "(a)= " + got[0].Sum} {
		if got, err := ovf.Manifest([]byte(text)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.60q: %+v, %v", text, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := ovf.Write(exported)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		if vm, _, err := ovf.Parse(text); err == nil && vm == nil {
			t.Error("neither a VM nor an error")
		} else if err != nil && !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
}
