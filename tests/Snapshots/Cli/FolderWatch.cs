namespace Hooks.Snapshots.Cli;

/// <summary>A folder that is not the tests' to touch.</summary>
internal sealed class FolderWatch(string path)
{
    private readonly string before = State(path);

    /// <summary>Fails if anything in the folder was made, written to or taken away since this watch began.</summary>
    /// <param name="suspect">What has just been done; if not that, it was done at the same time.</param>
    /// <exception cref="InvalidOperationException">The folder is not as it was.</exception>
    public void Check(string suspect)
    {
        if (State(path) != before)
            throw new InvalidOperationException($"{suspect}, or a test beside it, touched {path}: give it a folder of its own, with --out.");
    }

    // A folder's own time tells of a file made and taken away again.
    private static string State(string path) => !Directory.Exists(path)
        ? ""
        : string.Join('\n', Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories)
            .Append(path)
            .Order(StringComparer.Ordinal)
            .Select(entry => $"{entry} {File.GetLastWriteTimeUtc(entry).Ticks}"));
}
