package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// The tiers that the table API knows.
const (
	firstTier = 1
	lastTier  = 5
)

// pool is the directory of a tier that lies on a file system of its own, with the size of that.
type pool struct {
	tier           int64
	shares         []int64 // higher tiers whose directories lie on the same file system: what is there is this tier's
	capacity, used int64   // bytes
	disk           string  // numbers of the device that it lies on, as in "8:1"
}

func (p pool) percent() int64 {
	if p.capacity == 0 {
		return 0
	}
	return p.used * 100 / p.capacity
}

// findPools looks which tiers have a directory under pools, that of tier 1 is made, and tells file systems once: a directory that was made because a
// drive prefers its tier holds no more than the disk that it lies on.
func findPools(data string) ([]pool, error) {
	if err := os.MkdirAll(poolPath(data, firstTier), 0o710); err != nil { // QEMU's group is let through when a guest starts
		return nil, fmt.Errorf("making the pool of tier 1: %w", err)
	}
	var pools []pool
	for tier := int64(firstTier); tier <= lastTier; tier++ {
		var st syscall.Statfs_t
		err := syscall.Statfs(poolPath(data, tier), &st)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("size of the pool of tier %d: %w", tier, err)
		}
		var inode syscall.Stat_t
		if err := syscall.Stat(poolPath(data, tier), &inode); err != nil {
			return nil, fmt.Errorf("device of the pool of tier %d: %w", tier, err)
		}
		block, disk := int64(st.Bsize), diskOf(inode.Dev)
		if i := slices.IndexFunc(pools, func(p pool) bool { return p.disk == disk }); i >= 0 {
			pools[i].shares = append(pools[i].shares, tier)
			continue
		}
		pools = append(pools, pool{tier: tier, capacity: int64(st.Blocks) * block, used: int64(st.Blocks-st.Bfree) * block, disk: disk})
	}
	return pools, nil
}

func poolPath(data string, tier int64) string {
	return filepath.Join(data, "pools", strconv.FormatInt(tier, 10))
}

// ensureTiers keeps a row for each tier that has a pool, system-wide and for the cluster, and drops those of pools that are gone.
func (c *Controller) ensureTiers(tx *store.Tx, cluster int64, pools []pool, disks diskSample) error {
	served := map[int64]bool{}
	for _, p := range pools {
		served[p.tier] = true
		promised, err := allocated(tx, p)
		if err != nil {
			return err
		}
		whole, err := store.KeepFirst(tx, sized(storage.StorageTierSet{}.UsedInflated(p.used), p, promised), store.Is(storage.StorageTierCol.Tier, p.tier))
		if err != nil {
			return err
		}
		part, err := store.KeepFirst(tx, storage.ClusterTierSet{}.Tier(p.tier).Cluster(cluster),
			store.Is(storage.ClusterTierCol.Tier, p.tier), store.Is(storage.ClusterTierCol.Cluster, cluster))
		if err != nil {
			return err
		}
		if err := c.writeTierStatus(tx, p, promised, disks, whole, part); err != nil {
			return err
		}
	}
	if err := dropTiers(tx, "storage_tiers", storage.StorageTierCol.Tier, served); err != nil {
		return err
	}
	return dropTiers(tx, "cluster_tiers", storage.ClusterTierCol.Tier, served)
}

// dropTiers drops the rows of tiers that aren't served.
func dropTiers(tx *store.Tx, table string, tier schema.Column[int64], served map[int64]bool) error {
	rows, err := tx.Find(table)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if served[tier.Of(r).Int()] {
			continue
		}
		if err := tx.Delete(table, r.Key); err != nil {
			return err
		}
	}
	return nil
}

// tierSize is a change of the sizes of a tier, system-wide or of the cluster.
type tierSize[S any] interface {
	Tier(int64) S
	Capacity(int64) S
	Used(int64) S
	UsedPct(int64) S
	Allocated(int64) S
}

// sized adds the sizes of the pool that serves a tier.
func sized[S tierSize[S]](set S, p pool, allocated int64) S {
	return set.Tier(p.tier).Capacity(p.capacity).Used(p.used).UsedPct(p.percent()).Allocated(allocated)
}

// allocated adds up the sizes that the drives in a pool may grow to.
func allocated(tx *store.Tx, p pool) (int64, error) {
	of, tiers := compute.MachineDriveCol, []string{strconv.FormatInt(p.tier, 10)}
	for _, tier := range p.shares {
		tiers = append(tiers, strconv.FormatInt(tier, 10))
	}
	sums, err := tx.Sum("machine_drives", []schema.Column[int64]{of.Disksize}, store.Is(of.PreferredTier, tiers...))
	if err != nil {
		return 0, err
	}
	return sums[0], nil
}
