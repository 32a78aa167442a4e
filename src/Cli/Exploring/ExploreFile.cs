using System.Text;
using Hooks.Core.Search.Exploring;

namespace Hooks.Cli.Exploring;

/// <summary>The file in which a search is kept, so that it can go on after Ctrl-C, kill -9 or a power cut. It is there as a whole or as it was before.</summary>
/// <param name="path">Where.</param>
/// <param name="title">What is searched: another search does not go on from it.</param>
internal sealed class ExploreFile(string path, string title)
{
    private readonly string _header = $"{HooksCommand.Version} explore 2\n{title}";

    /// <summary>Goes on from the file, if it is there.</summary>
    /// <exception cref="InputException">It is of another search or version, or cannot be read.</exception>
    public void Resume(Exploration search)
    {
        if (!File.Exists(path)) return;
        try
        {
            using var reader = new BinaryReader(File.OpenRead(path));
            var header = reader.ReadString();
            if (header != _header) throw new InputException($"--checkpoint: '{path}' is of another search; take another file, or remove it. It is of:\n  {header.Replace("\n", "\n  ", StringComparison.Ordinal)}");
            search.Load(reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException or ArgumentException or OverflowException)
        {
            throw new InputException($"--checkpoint: cannot go on from '{path}': {e.Message}");
        }
    }

    /// <summary>Keeps the search as it is.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    public void Keep(Exploration search)
    {
        try
        {
            WholeFile.Write(path, file =>
            {
                using var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true);
                writer.Write(_header);
                search.Save(writer);
                writer.Flush();
                file.Flush(flushToDisk: true);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--checkpoint: cannot write '{path}': {e.Message}");
        }
    }

    /// <summary>The search has ended: there is nothing to go on from.</summary>
    public void Forget()
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--checkpoint: cannot remove '{path}': {e.Message}");
        }
    }
}
