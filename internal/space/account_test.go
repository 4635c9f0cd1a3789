package space_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/space"
	"dewpoint/test/rig"
	"dewpoint/test/tmpfs"
)

const mib = 1 << 20

// ledger is an account over a file system of 64 MiB, of which 8 MiB are the reserve, and the claims that its source lists.
type ledger struct {
	*space.Account
	t      *testing.T
	dir    string
	listed []space.Claim
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{t: t, dir: tmpfs.Mount(t, 64*mib)}
	l.Account = space.New(rig.Database(t, t.TempDir()), space.Limits{Reserve: 8 * mib, Sessions: 3})
	l.Count(space.Listed(func() ([]space.Claim, error) { return l.listed, nil }))
	return l
}

func (l *ledger) claim(id string, bytes int64) space.Claim {
	return space.Claim{ID: id, Path: filepath.Join(l.dir, "files", id), Bytes: bytes, Owner: "ann", Where: "the disk"}
}

// hold fails the test unless the claim is taken, or refused as that kind.
func (l *ledger) hold(c space.Claim, want errs.Kind) (release func()) {
	l.t.Helper()
	release, err := l.Hold(context.Background(), c)
	if want == errs.Internal && err != nil || want != errs.Internal && !errs.Is(err, want) {
		l.t.Fatalf("%d bytes for %s: %v", c.Bytes, c.ID, err)
	}
	return release
}

func TestClaimsShareWhatIsFree(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	release := l.hold(l.claim("a", 40*mib), errs.Internal)
	l.hold(l.claim("b", 17*mib), errs.Full)
	l.hold(l.claim("b", 16*mib), errs.Internal)()
	release()
	l.hold(l.claim("b", 56*mib), errs.Internal)()
	l.hold(l.claim("b", 56*mib+1), errs.Full)
	l.hold(l.claim("b", 1<<62), errs.Full)
}

// What has arrived of a claim is in the free space already, and a file on its way from one place to another counts once.
func TestArrivedBytesCountOnce(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	moving, moved := l.claim("a", 40*mib), l.claim("a", 40*mib)
	moved.Path = filepath.Join(l.dir, "moved")
	l.listed = []space.Claim{moving, moved}
	if err := os.WriteFile(moved.Path, make([]byte, 40*mib), 0o600); err != nil {
		t.Fatal(err)
	}
	l.hold(l.claim("b", 16*mib), errs.Internal)()
	l.hold(l.claim("b", 17*mib), errs.Full)
}

// A chunk of an admitted file goes on whatever others announce, but never into the reserve.
func TestContinue(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.listed = []space.Claim{l.claim("other", 50*mib)}
	if err := l.Continue(l.claim("a", 50*mib)); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(l.dir, "disk"), make([]byte, 10*mib), 0o600); err != nil {
		t.Fatal(err)
	}
	err := l.Continue(l.claim("a", 50*mib))
	if !errs.Is(err, errs.Full) || !strings.Contains(err.Error(), "the disk has") || !strings.Contains(err.Error(), "4 MiB more") {
		t.Errorf("into the reserve: %v", err)
	}
}

func TestUnfinishedFilesOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for i := range 3 {
		l.listed = append(l.listed, l.claim(fmt.Sprint(i), 1))
	}
	l.hold(l.claim("one more", 1), errs.TooMany)
	others := l.claim("another user's", 1)
	others.Owner = "bob"
	l.hold(others, errs.Internal)()
	l.listed = l.listed[1:]
	l.hold(l.claim("one more", 1), errs.Internal)()
}

// Another file system is another account.
func TestFileSystemsDontShare(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.listed = []space.Claim{{ID: "far", Path: filepath.Join(tmpfs.Mount(t, 64*mib), "x"), Bytes: 50 * mib}}
	l.hold(l.claim("a", 50*mib), errs.Internal)()
}

func TestDefaultReserve(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	for size, want := range map[int64]int64{
		320 * mib: 256 * mib, 5 * gib: 512 * mib, 20 * gib: gib, 100 * gib: 2 * gib, 10_000 * gib: 16 * gib,
	} {
		if got := space.DefaultReserve(size); got != want {
			t.Errorf("of %d MiB: %d MiB, want %d", size/mib, got/mib, want/mib)
		}
	}
}
