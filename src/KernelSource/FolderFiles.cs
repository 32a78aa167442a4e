using System.Text;

namespace Hooks.KernelSource;

/// <summary>The files below a folder.</summary>
public sealed class FolderFiles : IKernelFiles
{
    private readonly string _folder;

    /// <summary>The files below a folder.</summary>
    /// <exception cref="SourceException">It is not there, or not a folder.</exception>
    public FolderFiles(string folder)
    {
        _folder = folder;
        if (System.IO.File.Exists(folder)) throw new SourceException($"--source {folder}: this is a file; expected the root folder of a kernel tree");
        if (!Directory.Exists(folder)) throw new SourceException($"--source {folder}: there is no such folder; expected the root of a kernel tree");
    }

    /// <inheritdoc/>
    public string Name => _folder;

    /// <inheritdoc/>
    public string? Read(string path)
    {
        var file = new FileInfo(Path.Combine(_folder, path));
        if (!file.Exists) return null;
        if (file.Length > SourceTree.MaxFile) throw TooLong(file.FullName, file.Length);
        try
        {
            return System.IO.File.ReadAllText(file.FullName, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"{file.FullName}: cannot be read: {e.Message}", e);
        }
    }

    internal static SourceException TooLong(string name, long length) =>
        new($"{name}: {length / (1 << 20)} MB long; a file of a kernel's mm/ is below {SourceTree.MaxFile >> 20} MB. Is this a kernel tree?");
}
