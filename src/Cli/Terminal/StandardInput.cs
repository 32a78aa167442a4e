using System.Globalization;
using System.Text;

namespace Hooks.Cli.Terminal;

/// <summary>Standard input that an interruption ends, and that says so if there is none.</summary>
/// <param name="input">What is read; null: it is closed.</param>
/// <param name="interrupted">Ends waiting for it.</param>
internal sealed class StandardInput(TextReader? input, CancellationToken interrupted) : TextReader
{
    private const string OwnFiles = "/proc/self/fd";

    /// <summary>That of the process, in UTF-8.</summary>
    public static StandardInput OfProcess(CancellationToken interrupted) =>
        new(IsClosed() ? null : new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: true)), interrupted);

    /// <inheritdoc/>
    /// <exception cref="InputException">It is closed.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public override int Read(char[] buffer, int index, int count)
    {
        if (input is null) throw new InputException("standard input is closed; expected a case there, as in 'hooks run - < my.case'");
        // A read of a terminal or a pipe cannot be taken back; it is left behind.
        var reading = Task.Run(() => input.Read(buffer, index, count), CancellationToken.None);
        Task.WaitAny([reading], interrupted);
        return reading.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override int Read()
    {
        var one = new char[1];
        return Read(one, 0, 1) == 0 ? -1 : one[0];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !interrupted.IsCancellationRequested) input?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Where standard input is closed the runtime opens a pipe of its own in its place, and waiting for that has no end: who holds both ends is alone with it.</summary>
    private static bool IsClosed()
    {
        try
        {
            var first = File.ResolveLinkTarget(FileOf(0), returnFinalTarget: false)?.Name;
            return first is null || (first.StartsWith("pipe:", StringComparison.Ordinal)
                && Directory.EnumerateFileSystemEntries(OwnFiles).Any(file => Target(file) == first && IsForWriting(file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc: another system, with other habits.
            return false;
        }
    }

    /// <summary>The access mode is the last octal digit of the flags.</summary>
    private static bool IsForWriting(string file) =>
        File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(file)}").FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal)) is [.., '1' or '2'];

    private static string? Target(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            // Closed meanwhile: that of the listing itself.
            return null;
        }
    }

    private static string FileOf(int descriptor) => $"{OwnFiles}/{descriptor.ToString(CultureInfo.InvariantCulture)}";
}
