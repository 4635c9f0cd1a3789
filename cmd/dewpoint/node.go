package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/resource"
	"dewpoint/internal/api/scrape"
	"dewpoint/internal/api/table"
	"dewpoint/internal/api/upload"
	"dewpoint/internal/auth"
	"dewpoint/internal/config"
	"dewpoint/internal/console"
	"dewpoint/internal/control/backup"
	nodes "dewpoint/internal/control/node"
	"dewpoint/internal/control/storage"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/datadir"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/event"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/osinfo"
	"dewpoint/internal/media"
	"dewpoint/internal/metrics"
	"dewpoint/internal/model"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/sqlite"
	"dewpoint/internal/tables"
	"dewpoint/internal/web"
)

// tableVersion is what the table API says it is; its clients want a major version of 26.
const tableVersion = "26.0.0"

// node is everything that one running server is made of.
type node struct {
	cfg      config.Config
	log      *slog.Logger
	db       *store.DB
	bus      *event.Bus
	auth     *auth.Service
	engine   *engine.Engine
	files    files
	space    *space.Account
	library  *media.Library     // nil where the files are another server's
	keeper   *quarantine.Keeper // nil likewise
	backups  *backup.Controller // nil likewise
	uploads  *upload.Uploads
	consoles *console.Service
	relay    vm.Address // where people reach the consoles
	dir      *datadir.Dir
	hypervisor
	connections front.Connections
	host        *nodes.Controller
	identity    nodes.Identity
	password    string // of admin, when this start made one
}

// openNode opens the database and makes all that serves requests. Nothing here waits for libvirt.
// The data directory and the database must belong together, unless they are to be adopted.
func openNode(ctx context.Context, cfg config.Config, given bidding, log *slog.Logger) (_ *node, err error) {
	n := &node{cfg: cfg, log: log, hypervisor: newHypervisor(cfg, log)}
	first := auth.FirstPassword(given.adminPassword)
	if cfg.Database == "" && !datadir.HasDatabase(cfg.Data) {
		first.Begin() // Bootstrap comes late, so that all else is done meanwhile
	}
	if n.db, err = openDatabase(ctx, cfg, given.adopt); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	// Before all else: nothing may be written, made or cleared away while it isn't sure what belongs together.
	if n.dir, err = datadir.Open(ctx, datadir.Config{Path: cfg.Data, DB: n.db, Where: databaseName(cfg), Adopt: given.adopt, Log: log}); err != nil {
		return nil, err
	}
	// Before the bus: whom it wakes finds what is out of date dropped already.
	if n.auth, err = auth.New(ctx, n.db, cfg.Data, databasePassword(cfg)); err != nil {
		return nil, err
	}
	n.bus = event.New(n.db)
	n.host = nodes.New(nodes.Config{
		DB: n.db, Probe: &n.hypervisor, Log: log, Root: os.DirFS("/"), Data: cfg.Data,
		Version: version, TableVersion: tableVersion, Accelerator: cfg.Accelerator, Bound: n.connections.Bound,
	})
	if n.identity, err = n.host.Ensure(ctx); err != nil {
		return nil, err
	}
	n.space = space.New(n.db, space.Limits{Reserve: cfg.Reserve, Sessions: cfg.UnfinishedFiles})
	if err := n.openFiles(ctx); err != nil {
		return nil, err
	}
	needs := tables.Needs{Secrets: n.auth, Addresses: func() ([]netip.Prefix, error) { return link.Addresses("") }}
	if n.library != nil {
		needs.Space, needs.Appliances = n.library, storage.Appliances{DataDir: n.cfg.Data, Space: n.space}
	}
	n.engine = engine.New(n.db, n.bus, n.auth, tables.Hooks(needs), log)
	// As late as it can be, and before the tables are prepared: they make the group Administrators of those who are administrators by then.
	if err := n.bootstrap(ctx, first); err != nil {
		return nil, err
	}
	if err := n.engine.Prepare(ctx); err != nil {
		return nil, fmt.Errorf("preparing the tables: %w", err)
	}
	if n.uploads, err = upload.New(ctx, n.engine, n.files, cfg.Data, log); err != nil {
		return nil, err
	}
	n.consoles = newConsoles(n)
	return n, nil
}

// bootstrap makes the first administrator, where there is none.
func (n *node) bootstrap(ctx context.Context, first *auth.First) (err error) {
	n.password, _, err = n.auth.Bootstrap(ctx, first)
	if errs.Is(err, errs.Invalid) {
		return fmt.Errorf("making the first administrator with the password in DEWPOINT_ADMIN_PASSWORD: %w; give another one, or none to have one made and printed", err)
	}
	if err != nil {
		return fmt.Errorf("making the first administrator: %w", err)
	}
	return nil
}

// openDatabase opens the database that the configuration names. It makes a new file of SQLite only where there was none, or where it is to be
// adopted.
func openDatabase(ctx context.Context, cfg config.Config, adopt bool) (*store.DB, error) {
	if dsn := cfg.Database.Reveal(); dsn != "" {
		return postgres.Open(ctx, dsn, model.Schema())
	}
	if !adopt {
		if err := datadir.FindDatabase(cfg.Data); err != nil {
			return nil, err
		}
	}
	return sqlite.Open(ctx, filepath.Join(cfg.Data, datadir.DatabaseFile), model.Schema())
}

// databaseName is what people call the database.
func databaseName(cfg config.Config) string {
	if cfg.Database != "" {
		return "the PostgreSQL database"
	}
	return "the database " + filepath.Join(cfg.Data, datadir.DatabaseFile)
}

// databasePassword returns the password of the database, "" where it has none.
func databasePassword(cfg config.Config) string {
	if dsn := cfg.Database.Reveal(); dsn != "" {
		return postgres.Password(dsn)
	}
	return ""
}

func (n *node) close() {
	n.hypervisor.close()
	if n.dir != nil {
		n.dir.Close()
	}
	if err := n.db.Close(); err != nil {
		n.log.Error("closing the database failed", "err", err)
	}
}

// handler joins the dialects.
func (n *node) handler() http.Handler {
	mux := http.NewServeMux()
	tables := table.New(n.engine, n.auth, n.files, n.backupFiles(), n.consoles, table.Version{Version: tableVersion, Hash: version})
	for _, path := range []string{"/api/v4", "/api/v4/", "/api/sys/", "/sys/tokens", "/sys/tokens/", "/version.json"} {
		mux.Handle(path, tables)
	}
	mux.Handle(scrape.Path, scrape.New(n.auth, metrics.New(n.db), metrics.Type))
	resources := sync.OnceValue(func() http.Handler { return resource.New(n.resources()) })
	for _, path := range resource.Paths() {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { resources().ServeHTTP(w, r) })
	}
	mux.Handle("/", web.Site())
	return front.Wrap(mux, front.Edge{Public: n.cfg.PublicURL, Proxies: n.cfg.TrustedProxies, Origins: n.cfg.CORSOrigins}, n.log)
}

// resources is what the resource API is made of. Its operations are described when it is asked first: that takes longer than anything else between
// the start and the first answer, and memory for as long as the server runs.
func (n *node) resources() resource.Config {
	return resource.Config{
		Engine: n.engine, Auth: n.auth, Media: n.files, Uploads: n.uploads, Consoles: n.consoles, Version: version, Instance: n.identity.Instance,
		OSVariants: osVariants(osinfo.New(osinfo.Dir)),
	}
}

// run starts what works in the background; all of it ends with ctx.
func (n *node) run(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error { return ended(ctx, n.auth.Run(ctx)) })
	group.Go(func() error {
		n.uploads.Run(ctx)
		return nil
	})
	group.Go(func() error { return ended(ctx, n.keepConsoles(ctx)) })
	group.Go(func() error { return ended(ctx, n.keep(ctx)) })
}

// ended turns the end of ctx, which every background part returns, into no error.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
