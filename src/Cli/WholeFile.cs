namespace Hooks.Cli;

/// <summary>Files that are there as a whole, or as they were before.</summary>
internal static class WholeFile
{
    /// <summary>Where a file is written before it is there: beside it, hidden, with the process in its name.</summary>
    public static string TemporaryOf(string file) => Path.Combine(Path.GetDirectoryName(file) ?? "", $".{Path.GetFileName(file)}.{Environment.ProcessId}.tmp");

    /// <summary>Writes a file, over one that is there. What goes wrong is thrown as it is, and nothing half-written is left behind.</summary>
    /// <param name="file">The file.</param>
    /// <param name="write">Writes what is in it.</param>
    public static void Write(string file, Action<FileStream> write)
    {
        var temporary = TemporaryOf(file);
        try
        {
            using (var stream = File.Create(temporary)) write(stream);
            File.Move(temporary, file, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Writes a text, in UTF-8.</summary>
    /// <inheritdoc cref="Write(string, Action{FileStream})"/>
    /// <param name="file">The file.</param>
    /// <param name="text">The text.</param>
    public static void Write(string file, string text) => Write(file, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Deletes a file, if that can be done.</summary>
    public static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What went wrong before is what is to be said.
        }
    }
}
