using System.Buffers;
using System.Text;
using Hooks.Cli.FromSource;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Replaying;

/// <summary>A case as it was read.</summary>
/// <param name="Name">The file, as the user named it; <c>-</c> for standard input.</param>
/// <param name="Case">The case.</param>
internal sealed record CaseFile(string Name, Case Case)
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Longer than any case that was written for a reason; what is longer is some other file.</summary>
    private const int MaxLength = 1_000_000;

    /// <summary>The name in messages.</summary>
    public string Shown => ShownAs(Name);

    /// <summary>Reads a case and checks its names.</summary>
    /// <param name="name">The file; <c>-</c> for standard input.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="kernelMatters">Whether the case's own kernel will be used.</param>
    /// <param name="archMatters">Whether the case's own architecture will be used.</param>
    /// <exception cref="InputException">It cannot be read, or is a scope and no case.</exception>
    /// <exception cref="CaseSyntaxException">It is not a case, or names what does not exist.</exception>
    public static CaseFile Read(string name, TextReader input, bool kernelMatters, bool archMatters)
    {
        var file = ReadScope(name, input, kernelMatters, archMatters);
        return file.Case.Together is null ? file : throw new InputException($"{file.Shown}: has 'together', so it is many ways to run, and not one; 'hooks explore {Shell.Quote(name)}' goes through all of them");
    }

    /// <summary>Reads a case that may be a scope (<see cref="Case.Together"/>), and checks its names.</summary>
    /// <inheritdoc cref="Read"/>
    public static CaseFile ReadScope(string name, TextReader input, bool kernelMatters, bool archMatters)
    {
        var shown = ShownAs(name);
        var text = Text(name, shown, input);
        try
        {
            return new CaseFile(name, CaseParser.Parse(text, shown, CaseNames.Checks(kernelMatters, archMatters)));
        }
        catch (CaseSyntaxException) when (kernelMatters && SourceInput.ReplayOf(new CaseFile(name, CaseParser.Parse(text, shown))) is { } replay)
        {
            throw new CaseOfTreeException($"{shown}: is of a kernel that was read from a tree, and needs it: {replay}");
        }
    }

    private static string ShownAs(string name) => name == StandardInput ? "stdin" : name;

    private static string Text(string name, string shown, TextReader input)
    {
        try
        {
            if (name == StandardInput) return Text(shown, input);
            if (Directory.Exists(name)) throw new InputException($"{shown}: is a directory; expected a case file");
            RefuseUnread(name, shown);
            using var file = new StreamReader(name, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return Text(shown, file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{shown}: no such file");
        }
        catch (UnauthorizedAccessException)
        {
            throw new InputException($"{shown}: permission denied");
        }
        catch (DecoderFallbackException)
        {
            throw new InputException($"{shown}: is not UTF-8 text; expected a case file");
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{shown}: cannot be read: {e.Message}");
        }
    }

    /// <summary>What is not to be opened: too long, or a pipe or a device, which would be waited for. These have no length.</summary>
    private static void RefuseUnread(string name, string shown)
    {
        var file = File.ResolveLinkTarget(name, returnFinalTarget: true) as FileInfo ?? new FileInfo(name);
        if (!Path.Exists(name)) return;
        if (!file.Exists || file.Length == 0) throw new InputException($"{shown}: is empty, or no regular file; expected a case file (standard input is '{StandardInput}')");
        if (file.Length > MaxLength) throw TooLong(shown);
    }

    private static InputException TooLong(string shown) => new($"{shown}: is longer than {MaxLength} bytes; expected a case file");

    private static string Text(string shown, TextReader reader)
    {
        // Two megabytes for each of a thousand files would be most of what reading them costs.
        var buffer = ArrayPool<char>.Shared.Rent(MaxLength + 1);
        try
        {
            var length = reader.ReadBlock(buffer.AsSpan(0, MaxLength + 1));
            return length <= MaxLength ? new string(buffer, 0, length) : throw TooLong(shown);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }
}
