package datadir

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// margin is how much further than a mark the database may have been that was lost. A mark is a second behind at most while the directory
// can be written, in which a database makes some thousands of changes; numbers are plenty.
const margin = 100_000

// adopt takes the database for the truth. The transaction makes it fit nothing that the directory has known, and the mark makes the
// directory fit: a server that is killed between the two has to be told again to adopt, and to do it twice does no harm.
func (d *Dir) adopt(ctx context.Context, was directory, found string) error {
	past, err := pastOf(was)
	if err != nil {
		return err
	}
	if err := d.db.Update(ctx, func(tx *store.Tx) error { return past.StartOver(tx) }); err != nil {
		return fmt.Errorf("adopting the database: %w", err)
	}
	if err := d.write(ctx); err != nil {
		return err
	}
	d.log.Warn("the database was adopted; data without a row in it is kept in the data directory", "found", found)
	return nil
}

// Past is what a database that is lost to a data directory may have done: which numbers it may have given to rows, and how far its log of
// changes may have come.
type Past struct {
	Instance string // by which its things on the host are marked; "" when nobody knows
	numbers  map[string]int64
	least    int64
}

// PastOf reads from a data directory what its database may have done up to now. Keeper is the server-id of the directory, "" in a new one.
func PastOf(dir string) (p Past, keeper string, err error) {
	d, err := look(dir)
	if err != nil {
		return p, "", err
	}
	p, err = pastOf(d)
	return p, d.server, err
}

func pastOf(d directory) (p Past, err error) {
	if p.least, err = highest(d.path); err != nil {
		return p, fmt.Errorf("looking for what lies in the data directory: %w", err)
	}
	p.least += margin
	p.Instance = d.instance
	if m := d.mark; m != nil {
		p.Instance = m.Instance
		p.Add(m.Numbers)
		p.Add(map[string]int64{store.LogName(): m.Generation})
	}
	return p, nil
}

// Add says that numbers up to these were given, by table, or a little more.
func (p *Past) Add(numbers map[string]int64) {
	if p.numbers == nil {
		p.numbers = map[string]int64{}
	}
	for table, n := range numbers {
		p.numbers[table] = max(p.numbers[table], n+margin)
	}
}

// StartOver makes a database the successor of that past: it gives no number that the other may have given, has a lineage of its own and
// goes on with a higher generation. An empty one gets the instance: what the other left on the host is then this one's to clear away.
func (p Past) StartOver(tx *store.Tx) error {
	if err := tx.StartOver(p.numbers, p.least); err != nil {
		return err
	}
	row, err := systemRow(tx)
	if err != nil {
		return err
	}
	set := schema.Set{"lineage": schema.TextValue(newLineage())}
	if instance := cmp.Or(row.Instance, p.Instance); instance != "" {
		set["instance"] = schema.TextValue(instance)
	}
	if row.Key != 0 {
		return tx.Change(row.TableName(), schema.IntValue(row.Key), set)
	}
	r := schema.NewRecord(tx.Schema().Table(row.TableName()))
	r.PutAll(set)
	_, err = tx.Create(r, nil)
	return err
}

// newLineage draws a lineage.
func newLineage() string { return rand.Text() }
