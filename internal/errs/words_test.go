package errs_test

import (
	"testing"

	"dewpoint/internal/errs"
)

// other calls drives disks, and disksize size.
type other struct{}

func (other) Row(w errs.Word) string {
	if w.Form == errs.Wired {
		w.Form = errs.Many
	}
	return w.Called("disk")
}

func (other) Column(name string) string { return map[string]string{"disksize": "size"}[name] }

func TestWordsOfAnotherDialect(t *testing.T) {
	t.Parallel()
	word := func(form errs.Form) errs.Word {
		return errs.Word{Table: "machine_drives", Noun: "drive", Form: form}
	}
	inner := errs.New(errs.Conflict, "x", "%s is in use", word(errs.One))
	for _, c := range []struct {
		err       *errs.Error
		own, said string
	}{
		{errs.New(errs.Denied, "x", "you need a right on %s", word(errs.Wired)), "you need a right on machine_drives", "you need a right on disks"},
		{errs.New(errs.NotAllowed, "x", "%s can't be made", word(errs.Many)), "drives can't be made", "disks can't be made"},
		{errs.New(errs.Conflict, "x", "no: %w", inner), "no: drive is in use", "no: disk is in use"},
		{errs.NoRow(word(errs.One), "9"), "Resource '/v4/machine_drives/9' not found", "there is no disk '9'"},
		{errs.Wrap(inner, errs.Conflict, "x", "another %s has this %s", word(errs.One), errs.Column("disksize")), "another drive has this disksize", "another disk has this size"},
		{errs.New(errs.Full, "x", "the disk is full").On("disksize"), "the disk is full", "the disk is full"},
	} {
		if got := c.err.Text; got != c.own {
			t.Errorf("%q, want %q", got, c.own)
		}
		if got := c.err.In(other{}).Text; got != c.said {
			t.Errorf("said %q, want %q", got, c.said)
		}
		if c.err.Text != c.own {
			t.Errorf("saying %q elsewhere changed it to %q", c.own, c.err.Text)
		}
	}
	field := errs.Field("disksize", "is less than the %s's", word(errs.One))
	if got := field.In(other{}); got.Why != "is less than the disk's" || got.Text != field.Text {
		t.Errorf("%q, %q", got.Why, got.Text)
	}
}

func TestManyOfAWord(t *testing.T) {
	t.Parallel()
	for noun, want := range map[string]string{
		"VM": "VMs", "identity": "identities", "machine status": "machine statuses", "applied rows": "applied rows", "network address": "network addresses", "NIC": "NICs",
	} {
		if got := (errs.Word{Noun: noun, Form: errs.Many}).String(); got != want {
			t.Errorf("%s: %s, want %s", noun, got, want)
		}
	}
}
