using System.Text;
using Hooks.Report;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hooks.Cli.Terminal;

/// <summary>Where the command reads and writes: a terminal with colours, or plain text to which nothing is done.</summary>
internal sealed class Screen : IDisposable
{
    /// <summary>Wide enough that nothing is ever wrapped or cut where there is no terminal.</summary>
    private const int Endless = 10_000;

    /// <summary>In fewer columns nothing can be read, wrapped or not.</summary>
    private const int Narrowest = 20;

    private readonly IAnsiConsole _console;
    private readonly bool _owned;

    private Screen(TextWriter output, TextWriter error, TextReader input, IAnsiConsole console, bool owned, CancellationToken interrupted)
    {
        Out = output;
        Error = error;
        In = input;
        _console = console;
        _owned = owned;
        Interrupted = interrupted;
    }

    /// <summary>Standard output.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard input.</summary>
    public TextReader In { get; }

    /// <summary>Whether standard output is a terminal.</summary>
    public bool IsTerminal { get; private init; }

    /// <summary>Whether standard error is a terminal.</summary>
    public bool ErrorIsTerminal { get; private init; }

    /// <summary>Set by Ctrl-C.</summary>
    public CancellationToken Interrupted { get; }

    /// <summary>Columns.</summary>
    public int Width => _console.Profile.Width;

    /// <summary>Whether a table can be drawn anew in place.</summary>
    public bool CanRedraw => IsTerminal && _console.Profile.Capabilities.Ansi;

    /// <summary>A screen without a terminal.</summary>
    public static Screen Plain(TextWriter output, TextWriter error, TextReader input, CancellationToken interrupted = default) =>
        new(output, error, input, PlainConsole(output), owned: false, interrupted);

    /// <summary>The process's own streams. UTF-8 whatever the locale says: cases and tables are UTF-8.</summary>
    public static Screen OfProcess(CancellationToken interrupted)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true, NewLine = "\n" };
        var input = StandardInput.OfProcess(interrupted);
        if (Console.IsOutputRedirected)
        {
            var output = new StreamWriter(Console.OpenStandardOutput(), utf8) { NewLine = "\n" };
            return new Screen(output, error, input, PlainConsole(output), owned: true, interrupted) { ErrorIsTerminal = !Console.IsErrorRedirected };
        }

        Console.OutputEncoding = utf8;
        return new Screen(Console.Out, error, input, AnsiConsole.Console, owned: true, interrupted)
        {
            IsTerminal = true,
            ErrorIsTerminal = !Console.IsErrorRedirected,
        };
    }

    /// <summary>Text for programs, or to be copied, as it is: never wrapped, never cut.</summary>
    public void Verbatim(string text) => Out.Write(text + "\n");

    /// <summary>Text for people: what a terminal is too narrow for is broken between words.</summary>
    public void Line(string text = "")
    {
        foreach (var line in Wrapped(text, IsTerminal)) Verbatim(line);
    }

    /// <summary>The same in a colour, where there are colours.</summary>
    public void Line(string text, Style style)
    {
        if (!IsTerminal) Verbatim(text);
        else foreach (var line in Wrapped(text, wraps: true)) _console.Write(new ColouredLine(line, style));
    }

    /// <summary>A line on standard error. If even that cannot be written there is nobody to tell.</summary>
    public void ErrorLine(string text)
    {
        try
        {
            // How wide it is is known where both are one terminal.
            foreach (var line in Wrapped(text, IsTerminal && ErrorIsTerminal)) Error.Write(line + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }

    /// <summary>A table or the like. Without a terminal no line ends in spaces.</summary>
    public void Write(IRenderable renderable)
    {
        if (IsTerminal)
        {
            _console.Write(renderable);
            return;
        }

        using var text = new StringWriter { NewLine = "\n" };
        PlainConsole(text).Write(renderable);
        foreach (var line in text.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')) Line(line.TrimEnd());
    }

    /// <summary>Shows a table and draws it anew until <paramref name="done"/> says so; then it is gone.</summary>
    public void Redraw(Func<IRenderable> draw, Func<bool> done) =>
        _console.Live(draw()).AutoClear(true).Overflow(VerticalOverflow.Ellipsis).Start(live =>
        {
            do live.UpdateTarget(draw());
            while (!done());
        });

    /// <summary>Sends off what was written.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Flush() => Out.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_owned) return;
        try
        {
            In.Dispose();
            Error.Dispose();
            Out.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What could not be written was reported when it was flushed.
        }
    }

    private IEnumerable<string> Wrapped(string text, bool wraps) =>
        wraps && Width >= Narrowest ? text.Split('\n').SelectMany(line => WordWrap.Of(line, Width, CaseReport.Command)) : [text];

    private static IAnsiConsole PlainConsole(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = Endless;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }
}
