using System.Runtime.InteropServices;

namespace Hooks.Cli.Terminal;

/// <summary>Ctrl-C, SIGTERM, and a terminal that goes away: the first asks to stop and to show what there is, the second kills.</summary>
internal sealed class Interrupt : IDisposable
{
    private const string ShowCursor = "\u001b[?25h";

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _hangUp;

    /// <summary>Listens from now on.</summary>
    public Interrupt()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
    }

    /// <summary>Set by the first.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _hangUp.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_source.IsCancellationRequested)
        {
            // The live table hides the cursor, and is not given the time to show it again.
            if (!Console.IsOutputRedirected) Console.Out.Write(ShowCursor);
            return;
        }

        context.Cancel = true;
        _source.Cancel();
    }
}
