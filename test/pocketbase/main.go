// Command pocketbase is a peer that the table API is measured against: PocketBase, unmodified, with the rows of one of our lists in a collection
// and its REST API over TLS. It is a module of its own, so that PocketBase is no dependency of the program; test/load builds and runs it.
//
// It runs as it is delivered for production: its own SQLite settings, router and middlewares, rate limits off. One setting is changed in its
// favour: it would write a log row for each request, and here writes none. v0.39 is its last release for Go 1.26; v0.40 wants 1.27.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // PocketBase's own tables
)

type options struct {
	rows, data, listen, cert, key string
}

func main() {
	var o options
	flag.StringVar(&o.rows, "rows", "", "`file` with the answer of a list of VMs in the table API")
	flag.StringVar(&o.data, "data", "", "empty `directory` for the database")
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` to answer on")
	flag.StringVar(&o.cert, "cert", "", "PEM `file` with the certificate")
	flag.StringVar(&o.key, "key", "", "PEM `file` with its key")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

// run makes the database and serves it until ctx ends.
func run(ctx context.Context, o options) error {
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: o.data})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	token, err := prepare(app, o.rows)
	if err != nil {
		return err
	}
	if err := listen(app, o, token); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- apis.Serve(app, apis.ServeConfig{HttpsAddr: o.listen}) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	end := func(e *core.TerminateEvent) error { return e.App.ResetBootstrapState() }
	return errors.Join(app.OnTerminate().Trigger(&core.TerminateEvent{App: app}, end), <-served)
}

// prepare stores the rows and the settings, and returns the token of a new superuser.
func prepare(app core.App, path string) (token string, err error) {
	settings := app.Settings()
	settings.Logs.MaxDays = 0 // no log
	if err := app.Save(settings); err != nil {
		return "", err
	}
	rows, err := readRows(path)
	if err != nil {
		return "", err
	}
	vms := collectionOf("vms", rows)
	if err := app.Save(vms); err != nil {
		return "", err
	}
	if err := fill(app, vms, rows); err != nil {
		return "", err
	}
	return newSuperuser(app)
}

func newSuperuser(app core.App) (token string, err error) {
	superusers, err := app.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		return "", err
	}
	user := core.NewRecord(superusers)
	user.SetEmail("admin@example.com")
	user.SetRandomPassword()
	if err := app.Save(user); err != nil {
		return "", err
	}
	return user.NewAuthToken()
}

// listen lets PocketBase serve on the address with the certificate, where it would fetch one from Let's Encrypt, and say so once it does.
func listen(app core.App, o options, token string) error {
	cert, err := tls.LoadX509KeyPair(o.cert, o.key)
	if err != nil {
		return err
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) (err error) {
		e.Server.TLSConfig.GetCertificate = nil
		e.Server.TLSConfig.Certificates = []tls.Certificate{cert}
		if e.Listener, err = net.Listen("tcp", o.listen); err != nil {
			return err
		}
		if err = e.Next(); err == nil {
			fmt.Printf("peer: ready on https://%s token %s\n", e.Listener.Addr(), token)
		}
		return err
	})
	return nil
}
